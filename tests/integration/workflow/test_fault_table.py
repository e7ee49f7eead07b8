"""Every fault of the table, brought about over HTTP; the end that its owner sees, and how often DashScope made it.

Time is the stand-in's, and moves on as soon as nothing is at work: days pass in seconds.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

import boto3
import pytest

from local.tools import template
from tests.integration.images.generating import RESPOND_ASYNC, calls, generate, order, task_id
from tests.integration.time_lapse import TimeLapse
from tests.integration.workflow.fault_rows import COPIED, LINKED, PART, ROWS, TABLE, Row
from tests.integration.workflow.outages import Outages
from tests.support import functions
from tests.support.gateway import Gateway, gateway
from tests.workflow.interference import Crash, crowd, interfere, paint_small
from tests.workflow.records import record
from tongyi import wiring
from tongyi.models.images import catalog

DOCUMENT = template.ROOT / "docs/reliability.md"
# A row of the table in the document: the fault, its end, and how often DashScope makes it.
SHOWN = re.compile(r"^\| (?P<fault>[^|]+) \| (?P<end>[^|]+) \| (?P<made>\d) \|$")
HOUR = 3600
DAY = 24 * HOUR
FIVE_MINUTES = 300
ROTATED_KEY, NEXT_KEY = "rotated-key-for-tests", "next-key-for-tests"
MOST_TOGETHER = 8
HEADING = re.compile(r"^\*\*([^*]+)\*\*$")


class Trial:
    """A gateway on which faults are brought about, some of them together."""

    def __init__(self, running: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
        plenty = {"requests": 1000, "running": 1000}
        crowd(monkeypatch)
        paint_small(monkeypatch)
        limits = {"query": {"requests": 1000}, **dict.fromkeys(catalog.IMAGE_MODELS, plenty)}
        running.standin.configure(limits=limits)
        self._running = running
        self._key = running.issue_key("alice")
        self._outages = Outages(running)
        self._outages.install(monkeypatch)
        crashes = {(row.crash, prompt_of(row)): Crash(row.crash, times=1) for row in ROWS if row.crash}
        interfere(monkeypatch, running, crashes)
        self._time = TimeLapse(running, monkeypatch)
        self._due = running.standin.now()

    def run(self, rows: Iterable[Row]) -> dict[str, tuple[str, int]]:
        """What became of each, by its fault: the end, and how often it was made."""
        sent = [(row, self._send(row)) for row in rows]
        for row, task in sent:
            if row.operator and isinstance(task, str):
                getattr(self, f"_{row.operator}")(task)
        if all(row.lasts for row, _ in sent):
            self._let_a_day_go_by()
        self._time.until(lambda: self._are_told(task for _, task in sent), "the last end")
        return {row.fault: (self._end(task), self._made(row)) for row, task in sent}

    def _are_told(self, sent: Iterable[str | int]) -> bool:
        """With `reconcile` every five minutes, as its schedule has it."""
        if self._running.standin.now() >= self._due:
            self._due = self._running.standin.now() + FIVE_MINUTES
            functions.invoke("ReconcileFunction", {})
        return all(record(self._running, task).announced for task in sent if isinstance(task, str))

    def _rotate(self, _: str) -> None:
        """Before the order came, and seen to at once: `_send` has done it."""

    def _revoke(self, _: str) -> None:
        self._time.pass_by(FIVE_MINUTES)
        self._put_key(NEXT_KEY)

    def _empty(self, _: str) -> None:
        self._time.pass_by(FIVE_MINUTES)
        self._put_key(NEXT_KEY)

    def _pay(self, _: str) -> None:
        self._time.pass_by(FIVE_MINUTES)
        self._running.standin.clear_faults()

    def _stop(self, task: str) -> None:
        boto3.client("stepfunctions").stop_execution(executionArn=self._running.execution_of(task))

    def _put_key(self, key: str) -> None:
        arn = self._running.names["DashScopeSecret"]
        boto3.client("secretsmanager").put_secret_value(SecretId=arn, SecretString=key)

    def _prepare(self, row: Row) -> None:
        """What the operator has done before the order comes."""
        standin = self._running.standin
        if row.operator == "rotate":
            standin.configure(keys=[ROTATED_KEY])
            self._put_key(ROTATED_KEY)
        elif row.operator == "revoke":
            standin.configure(keys=[NEXT_KEY])
        elif row.operator == "empty":
            self._put_key(" ")
        if row.operator == "empty" or (row.outage and row.outage.service == "secretsmanager"):
            # The functions of a new release: they remember nothing.
            wiring.reset()
        for endpoint, kind, options in row.faults:
            standin.add_fault(endpoint, kind, prompt_contains=prompt_of(row), **options)
        if row.outage:
            self._outages.begin(prompt_of(row), row.outage)

    def _let_a_day_go_by(self) -> None:
        """After the first looks, and in two steps: what runs is given up before what waits."""
        for step in (4 * HOUR, DAY):
            self._time.pass_by(30)
            self._time.leap(step)

    def _send(self, row: Row) -> str | int:
        """Its task; or the status of the reply where it was not taken."""
        self._prepare(row)
        headers = {**RESPOND_ASYNC, "Authorization": f"Bearer {self._key}"}
        reply = generate(self._running, order(row.model, prompt_of(row), n=row.n), headers)
        return reply.status if reply.status >= 500 else task_id(reply)

    def _end(self, task: str | int) -> str:
        if isinstance(task, int):
            return f"Not taken, {task}"
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
    yield from ([row] for row in ROWS if row.alone and not row.lasts)
    together = [row for row in ROWS if not row.alone and not row.lasts]
    for first in range(0, len(together), MOST_TOGETHER):
        yield together[first : first + MOST_TOGETHER]
    yield [row for row in ROWS if row.lasts and not row.alone]
    yield from ([row] for row in ROWS if row.lasts and row.alone)


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
