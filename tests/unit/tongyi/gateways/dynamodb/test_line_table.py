"""The lines in front of models: never overfilled, left once, and right again after two days whatever happens."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.fakes.gateways import FakeLineTable
from tests.support.fakes.records import DAY, HOUR, NOW, a_job, a_task
from tests.unit.tongyi.conftest import TABLE
from tongyi.gateways.dynamodb.base.items import encode
from tongyi.gateways.dynamodb.line_table import MOST_TOLD, LineTable
from tongyi.models.tasks.records import TaskRecord
from tongyi.models.workflow.line import Line

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

WANX, RARE = "wanx-v1", "qwen-image-max"
ANY = 10_000


@pytest.fixture(params=["dynamodb", "fake"])
def lines(request: pytest.FixtureRequest) -> LineTable:
    if request.param == "fake":
        return FakeLineTable()
    return LineTable(request.getfixturevalue("dynamodb"), TABLE)


@pytest.fixture
def kept(dynamodb: DynamoDBClient) -> LineTable:
    return LineTable(dynamodb, TABLE)


def _task(pictures: int = 2, *, worked_ms: int | None = None, **given: Any) -> TaskRecord:
    return a_task(a_job(n=pictures, worked_ms=worked_ms), **given)


def test_read_finds_nobody_where_nobody_has_joined(lines: LineTable) -> None:
    assert lines.read(WANX) == Line()


def test_join_counts_the_pictures(lines: LineTable) -> None:
    assert [lines.join(_task(n), ANY) for n in (1, 4)] == [True, True]
    assert lines.read(WANX).pieces == 5


def test_join_counts_the_calls_of_a_model_that_is_called_seldom(lines: LineTable) -> None:
    lines.join(a_task(a_job(n=4), a_job(n=4), model=RARE), ANY)
    assert (lines.read(RARE).pieces, lines.read(WANX).pieces) == (2, 0)


def test_join_refuses_and_counts_nothing_where_too_many_are_before(lines: LineTable) -> None:
    lines.join(_task(4), ANY)
    assert [lines.join(_task(1), most) for most in (3, 4)] == [False, True]
    assert lines.read(WANX).pieces == 5


def test_hundreds_that_saw_an_empty_line_do_not_overfill_it(lines: LineTable) -> None:
    """All have read the line before the first of them joins."""
    joined = [lines.join(_task(1), 9) for _ in range(200)]
    assert joined.count(True) == lines.read(WANX).pieces == 10


def test_leave_gives_the_place_back(lines: LineTable) -> None:
    lines.join(_task(4), ANY)
    lines.join(_task(1), ANY)
    lines.leave(_task(4))
    assert lines.read(WANX).pieces == 1


def test_leave_takes_nothing_out_where_the_task_has_not_joined(lines: LineTable) -> None:
    lines.leave(_task(4, worked_ms=1))
    lines.join(_task(1), ANY)
    lines.leave(_task(4, worked_ms=1))
    assert lines.read(WANX) == Line(pieces=1)


def test_leave_passes_over_a_model_that_is_offered_no_more(kept: LineTable) -> None:
    kept.leave(_task(model="wanx-v0"))
    assert kept.read("wanx-v0") == Line()


def test_leave_tells_how_long_pictures_took(lines: LineTable) -> None:
    for task in (_task(2, worked_ms=9_000), _task(1), _task(1, worked_ms=6_000)):
        lines.join(task, ANY)
        lines.leave(task)
    assert lines.read(WANX) == Line(pieces=0, made=3, worked_ms=15_000)


def test_what_was_told_long_ago_counts_for_less(kept: LineTable) -> None:
    for worked_ms in (4_000,) * MOST_TOLD + (40_000,) * MOST_TOLD:
        task = _task(4, worked_ms=worked_ms)
        kept.join(task, ANY)
        kept.leave(task)
    line = kept.read(WANX)
    assert line.made < MOST_TOLD
    assert 9_500 < line.worked_ms / line.made <= 10_000


@pytest.mark.parametrize(("later", "left"), [(HOUR, 5), (DAY, 5), (2 * DAY, 5), (2 * DAY + HOUR, 1)])
def test_who_was_cut_off_is_forgotten_after_two_days(kept: LineTable, later: int, left: int) -> None:
    kept.join(_task(4), ANY)
    kept.join(_task(1, created_at=NOW + later), ANY)
    assert kept.read(WANX).pieces == left


def test_who_was_forgotten_and_leaves_all_the_same_takes_nobody_elses_place(kept: LineTable) -> None:
    kept.join(_task(4), ANY)
    kept.join(_task(4, created_at=NOW + 3 * DAY), ANY)
    kept.leave(_task(4))
    assert kept.read(WANX).pieces == 4


def test_pieces_are_always_the_sum_of_their_hours_and_no_error_outlives_two_days(
    kept: LineTable, dynamodb: DynamoDBClient
) -> None:
    """Whoever leaves never, or twice; hours or days apart."""
    chance, now = Random(1), NOW
    for _ in range(40):
        now += chance.randint(0, 30) * HOUR
        task = _task(chance.randint(1, 4), created_at=now)
        kept.join(task, ANY)
        for _ in range(chance.randint(0, 2)):
            kept.leave(task)
        item = dynamodb.get_item(TableName=TABLE, Key=encode({"pk": f"SLOT#{WANX}", "sk": "LINE"}))["Item"]
        by_hour = [int(value["N"]) for name, value in item.items() if name.startswith("h")]
        assert sum(by_hour) == int(item["pieces"]["N"])
        assert min(by_hour) >= 0
    kept.join(_task(1, created_at=now + 3 * DAY), ANY)
    assert kept.read(WANX).pieces == 1
