"""Files of orders, from the notification to the manifest."""

from __future__ import annotations

import json

from tests.support.files import finished_file, manifest
from tests.support.gateway import Gateway


def lines(*orders: object) -> str:
    return "\n".join(order if isinstance(order, str) else json.dumps(order) for order in orders)


def test_a_file_becomes_tasks_and_a_manifest(running: Gateway) -> None:
    key = "requests/alice/cats.jsonl"
    told = finished_file(running, key, lines({"prompt": "a"}, "no json", {"prompt": "b", "n": 2}))
    print(told, manifest(key))
    assert told["status"] == "SUCCEEDED"
