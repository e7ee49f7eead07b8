"""Which tasks a list is to show: a span of a day at the most, told in China's time."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.support.fakes.records import DAY, HOUR, NOW, SECOND
from tongyi.errors import InvalidParameter
from tongyi.models.tasks.filter import MOST_PAGES, MOST_PER_PAGE, TaskFilter, parse_task_filter
from tongyi.models.tasks.status import TaskStatus

# 12:00:00 UTC, of the day and the second that NOW is in.
NOON = NOW - 250
TODAY, YESTERDAY = "20260115200000", "20260114200000"
TEXT = st.text(max_size=15) | st.from_regex(r"[0-9]{14}", fullmatch=True)
NAMES = ["start_time", "end_time", "page_no", "page_size", "status", "model_name", "task_id"]


def _filter(**query: str) -> TaskFilter:
    return parse_task_filter(query, NOW)


def _span(**query: str) -> tuple[int, int]:
    found = _filter(**query)
    return found.from_ms, found.until_ms


def _complaint(**query: str) -> str:
    with pytest.raises(InvalidParameter) as caught:
        _filter(**query)
    return caught.value.message


def test_filter_is_of_the_last_day_and_of_everything_by_default() -> None:
    assert _filter() == TaskFilter(
        from_ms=NOW - DAY,
        until_ms=NOW + 999,
        task_id=None,
        model=None,
        status=None,
        page_no=1,
        page_size=10,
    )


def test_filter_reads_times_of_china() -> None:
    assert _span(start_time=YESTERDAY, end_time=TODAY) == (NOON - DAY, NOON + 999)


def test_filter_goes_a_day_on_from_its_begin() -> None:
    assert _span(start_time=YESTERDAY) == (NOON - DAY, NOON + 999)


def test_filter_goes_a_day_back_from_its_end() -> None:
    assert _span(end_time=TODAY) == (NOON - DAY, NOON + 999)


def test_filter_takes_a_single_second_whole() -> None:
    from_ms, until_ms = _span(start_time=TODAY, end_time=TODAY)
    assert (until_ms - from_ms, from_ms <= NOW <= until_ms) == (999, True)


def test_filter_takes_a_day_that_has_not_come() -> None:
    assert _span(start_time="20260116200000") == (NOON + DAY, NOON + 2 * DAY + 999)


@pytest.mark.parametrize(
    ("start", "end"),
    [(YESTERDAY, "20260115200001"), (TODAY, "20260115195959"), ("20250115200000", TODAY)],
    ids=["a second too long", "begins after its end", "a year"],
)
def test_filter_refuses_more_than_a_day_and_less_than_nothing(start: str, end: str) -> None:
    assert _complaint(start_time=start, end_time=end) == (
        "start_time: must not be after end_time, nor more than 24 hours before it."
    )


@pytest.mark.parametrize("name", ["start_time", "end_time"])
@pytest.mark.parametrize(
    "text",
    [
        "today",
        "2026011520000",
        "202601152000000",
        "2026-01-15 20:",
        "20260132000000",
        "20260115240000",
        "20260115006000",
        "20260115000061",
        "00000101000000",
        "1768478400250",
    ],
)
def test_filter_refuses_what_is_no_time(name: str, text: str) -> None:
    assert _complaint(**{name: text}) == f"{name}: must be a time in China, as YYYYMMDDhhmmss."


@pytest.mark.parametrize("name", ["start_time", "end_time", "page_no", "page_size", "status"])
def test_filter_passes_over_what_is_empty(name: str) -> None:
    assert _filter(**{name: ""}) == _filter()


@pytest.mark.parametrize("name", ["task_id", "model_name"])
def test_filter_does_not_look_for_an_empty_name(name: str) -> None:
    assert _filter(**{name: ""}) == _filter()


@pytest.mark.parametrize("status", TaskStatus)
def test_filter_takes_every_status(status: TaskStatus) -> None:
    assert _filter(status=str(status)).status is status


@pytest.mark.parametrize("status", ["pending", "DONE", " PENDING"])
def test_filter_names_the_statuses_there_are(status: str) -> None:
    assert _complaint(status=status) == f"status: is not one of: {', '.join(TaskStatus)}."


def test_filter_takes_the_names_of_a_task_and_a_model() -> None:
    found = _filter(task_id="some-id", model_name="wanx-v1")
    assert (found.task_id, found.model) == ("some-id", "wanx-v1")


def test_filter_passes_over_what_the_sdk_sends_besides() -> None:
    assert _filter(api_key_id="1", region="cn-beijing", invented_later="x") == _filter()


@pytest.mark.parametrize(("name", "most"), [("page_no", MOST_PAGES), ("page_size", MOST_PER_PAGE)])
def test_filter_takes_pages_to_their_ends(name: str, most: int) -> None:
    assert [getattr(_filter(**{name: text}), name) for text in ("1", "7", str(most))] == [1, 7, most]


@pytest.mark.parametrize(("name", "most"), [("page_no", MOST_PAGES), ("page_size", MOST_PER_PAGE)])
@pytest.mark.parametrize("text", ["0", "-1", "1.5", "x", "²", "٣", " 1", "+1", "1e2", "9" * 5000, "over"])
def test_filter_refuses_pages_that_there_cannot_be(name: str, most: int, text: str) -> None:
    text = str(most + 1) if text == "over" else text
    assert _complaint(**{name: text}) == f"{name}: takes a whole number from 1 to {most}."


@given(st.dictionaries(st.sampled_from(NAMES), TEXT, max_size=4))
@example({"start_time": "00010101000000"})
@example({"end_time": "00010101080000"})
@example({"start_time": "99991231235959"})
def test_filter_is_made_of_any_query_or_refused(query: dict[str, str]) -> None:
    try:
        found = parse_task_filter(query, NOW)
    except InvalidParameter:
        return
    assert 0 <= found.until_ms - found.from_ms - 999 <= DAY
    assert 1 <= found.page_size <= MOST_PER_PAGE


@given(st.integers(0, 24 * 3600), st.integers(0, 10**8))
def test_filter_finds_what_was_made_within_its_seconds(seconds: int, late: int) -> None:
    """Whatever millisecond it was made in."""
    moment = NOON + late * SECOND + 999
    found = parse_task_filter({}, moment + seconds * SECOND)
    assert found.from_ms <= moment <= found.until_ms


def test_span_is_the_same_wherever_the_machine_stands() -> None:
    assert _span(end_time="20260115080000") == (NOON - 12 * HOUR - DAY, NOON - 12 * HOUR + 999)
