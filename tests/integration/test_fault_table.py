"""Every fault of the table, brought about over HTTP; the end that its owner sees, and how often DashScope made it.

Time is the stand-in's, and moves on as soon as nothing is at work: days pass in seconds.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from local import template
from local.standin import StandIn
from tests.integration.fault_rows import COPIED, LINKED, PART, ROWS, TABLE, Row
from tests.integration.generating import RESPOND_ASYNC, calls, generate, order, task_id
from tests.integration.time_lapse import TimeLapse
from tests.support.gateway import Gateway, gateway
from tests.workflow.interference import Crash, crowd, interfere
from tests.workflow.records import record
from tongyi.gateways import aws
from tongyi.models import catalog

DOCUMENT = template.ROOT / "docs/reliability.md"
# A row of the table in the document: the fault, its end, and how often DashScope makes it.
SHOWN = re.compile(r"^\| (?P<fault>[^|]+) \| (?P<end>[^|]+) \| (?P<made>\d) \|$")
HOUR = 3600
DAY = 24 * HOUR
MOST_TOGETHER = 8
HEADING = re.compile(r"^\*\*([^*]+)\*\*$")


@dataclass
class Storage:
    """S3 as the functions see it: away until that second of the stand-in's clock."""

    standin: StandIn
    until: float = 0

    def __call__(self, **_: Any) -> None:
        if self.standin.now() < self.until:
            raise EndpointConnectionError(endpoint_url="https://s3")


class Trial:
    """A gateway on which faults are brought about, some of them together."""

    def __init__(self, running: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
        plenty = {"requests": 1000, "running": 1000}
        crowd(monkeypatch)
        limits = {"query": {"requests": 1000}, **dict.fromkeys(catalog.IMAGE_MODELS, plenty)}
        running.standin.configure(limits=limits)
        self._running = running
        self._key = running.issue_key("alice")
        self._time = TimeLapse(running, monkeypatch)
        self._storage = Storage(running.standin)
        aws.client("s3").meta.events.register("before-call.s3.PutObject", self._storage)
        crashes = {(row.crash, prompt_of(row)): Crash(row.crash, times=1) for row in ROWS if row.crash}
        interfere(monkeypatch, running, crashes)

    def run(self, rows: Iterable[Row]) -> dict[str, tuple[str, int]]:
        """What became of each, by its fault: the end, and how often it was made."""
        sent = [(row, self._send(row)) for row in rows]
        if all(row.lasts for row, _ in sent):
            self._let_a_day_go_by()
        self._time.until(lambda: all(self._is_told(task) for _, task in sent), "the last end")
        return {row.fault: (self._end(task), self._made(row)) for row, task in sent}

    def _let_a_day_go_by(self) -> None:
        """After the first looks, and in two steps: what runs is given up before what waits."""
        for step in (4 * HOUR, DAY):
            self._time.pass_by(30)
            self._time.leap(step)

    def _is_told(self, task: str) -> bool:
        return record(self._running, task).announced

    def _send(self, row: Row) -> str:
        for endpoint, kind, options in row.faults:
            self._running.standin.add_fault(endpoint, kind, prompt_contains=prompt_of(row), **options)
        self._storage.until = self._running.standin.now() + row.storage_away
        headers = {**RESPOND_ASYNC, "Authorization": f"Bearer {self._key}"}
        body = order(row.model, prompt_of(row), n=row.n)
        return task_id(generate(self._running, body, headers))

    def _end(self, task: str) -> str:
        shown = self._running.result(task, self._key).body
        status = shown["output"]["task_status"]
        if status != "SUCCEEDED":
            return f"`{status}`" + (f" `{shown['code']}`" if status == "FAILED" else "")
        results = shown["output"]["results"]
        if any("url" not in result for result in results):
            return PART
        return LINKED if any("stored" in result for result in results) else COPIED

    def _made(self, row: Row) -> int:
        return sum(bool(call["task_id"] or call["images"]) for call in calls(self._running, prompt_of(row)))


def prompt_of(row: Row) -> str:
    """One that no other row's contains."""
    return f"a cat [{ROWS.index(row)}]"


def batches() -> Iterator[list[Row]]:
    """The rows that may be brought about together, some at a time: each that waits takes its share of the machine."""
    yield from ([row] for row in ROWS if row.alone)
    together = [row for row in ROWS if not row.alone and not row.lasts]
    for first in range(0, len(together), MOST_TOGETHER):
        yield together[first : first + MOST_TOGETHER]
    yield [row for row in ROWS if row.lasts]


@pytest.fixture
def trial(monkeypatch: pytest.MonkeyPatch) -> Any:
    with gateway(monkeypatch, {"FirstCheckSeconds": "2", "LostSubmissionSeconds": "45"}) as running:
        yield Trial(running, monkeypatch)


def test_every_fault_has_the_end_that_the_table_says(trial: Trial) -> None:
    found: dict[str, tuple[str, int]] = {}
    for rows in batches():
        found |= trial.run(rows)

    expected = {row.fault: (row.end, row.made) for row in ROWS}
    assert {fault: (found[fault], said) for fault, said in expected.items() if found[fault] != said} == {}


def test_no_fault_is_in_the_table_twice() -> None:
    assert len({row.fault for row in ROWS}) == len(ROWS)


def test_document_shows_the_table() -> None:
    lines = DOCUMENT.read_text(encoding="utf-8").splitlines()
    shown = [match.groupdict() for line in lines if (match := SHOWN.match(line))]
    headings = [match[1] for line in lines if (match := HEADING.match(line))]

    assert shown == [{"fault": row.fault, "end": row.end, "made": str(row.made)} for row in ROWS]
    assert headings == list(TABLE)
