"""README.md says what the code does."""

from __future__ import annotations

import json
import re
import threading
from pathlib import Path

import pytest

import local.standin
from local.standin.catalog import LIMITS, MODELS
from local.standin.endpoints.table import ENDPOINTS as TABLE
from local.standin.errors import ControlError
from local.standin.faults.kinds import ENDPOINTS, KINDS
from local.standin.faults.markers import MARKERS
from local.standin.faults.script import read_fault
from local.standin.ledger import Ledger

README = (Path(local.standin.__file__).parent / "README.md").read_text(encoding="utf-8")
EXAMPLES = [json.loads(text) for text in re.findall(r"^\| `\w+` \|.*?`(\{.*?\})` \|", README, re.MULTILINE)]


def _first_cells(heading: str) -> set[str]:
    part = README.split(f"## {heading}\n")[1].split("\n## ")[0]
    return set(re.findall(r"^\| `([^`]+)`", part, re.MULTILINE))


def test_every_kind_of_fault_is_in_the_table() -> None:
    assert _first_cells("Faults") == set(KINDS)


def test_every_kind_of_fault_has_an_example() -> None:
    assert {example["kind"] for example in EXAMPLES} == set(KINDS)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: str(example["kind"]))
def test_every_example_can_be_used(example: dict[str, object]) -> None:
    try:
        read_fault(1, example)
    except ControlError as error:
        pytest.fail(str(error))


def test_every_option_of_a_fault_is_in_the_table() -> None:
    missing = [
        f"{kind}.{option}"
        for kind, described in KINDS.items()
        for option in described.options
        if f"`{option}`" not in next(line for line in README.splitlines() if line.startswith(f"| `{kind}` |"))
    ]
    assert missing == []


def test_every_marker_is_in_the_table() -> None:
    assert _first_cells("Markers") == {f"#{marker.word}" for marker in MARKERS}


def test_every_model_is_in_the_table_with_its_rate() -> None:
    rows = re.findall(r"^\| `([^`]+)` \|.*\| (\d+) a (second|minute) \|", README, re.MULTILINE)
    spans = {1.0: "second", 60.0: "minute"}
    assert {name: (int(most), span) for name, most, span in rows} == {
        name: (LIMITS[name].requests, spans[LIMITS[name].seconds]) for name in MODELS
    }


def test_every_field_of_the_ledger_is_in_the_table() -> None:
    assert _first_cells("Ledger") == set(Ledger(threading.RLock()).open())


def test_every_endpoint_can_be_given_faults() -> None:
    assert {endpoint.name for endpoint in TABLE} | {"picture", "upload"} == set(ENDPOINTS)
