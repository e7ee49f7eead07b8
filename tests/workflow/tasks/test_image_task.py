"""The real state machine in moto's interpreter, with the real functions."""

from __future__ import annotations

import hashlib

import requests

from tests.support.gateway import Gateway


def test_task_ends_with_copies_of_all_its_pictures(running: Gateway, key: str) -> None:
    submitted = running.submit({"prompt": "一只奔跑的猫", "n": 4, "seed": 7})
    task_id = submitted.body["output"]["task_id"]

    result = running.finished(task_id, key)

    assert result.status == 200, result.text
    pictures = result.body["output"]["results"]
    kept = running.objects()
    fetched = [requests.get(picture["url"], timeout=300).content for picture in pictures]
    assert [hashlib.sha256(content).hexdigest() for content in fetched] == [p["sha256"] for p in pictures]
    assert sorted(kept.values()) == sorted(fetched)
    assert len(set(fetched)) == 4
