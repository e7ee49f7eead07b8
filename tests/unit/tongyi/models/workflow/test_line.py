"""The arithmetic of lines: who may join, and when there is room again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.fakes.records import SECOND, a_job, a_task
from tongyi.models.images.catalog import IMAGE_MODELS, ImageModel
from tongyi.models.tasks.schedule import UPSTREAM_MEMORY
from tongyi.models.workflow.line import LONGEST_LINE, USUAL_MS, Line, share, worked

WANX, PLUS, RARE = (IMAGE_MODELS[name] for name in ("wanx-v1", "qwen-image-plus", "qwen-image-max"))
MOST_MS = 3 * 3_600_000
LINES = st.builds(
    lambda pieces, told: Line(pieces, len(told), sum(told)),
    st.integers(0, 100_000),
    st.lists(st.integers(1, MOST_MS), max_size=64),
)
MODELS = st.sampled_from(list(IMAGE_MODELS.values()))
SHARES = st.integers(1, 6)


def test_share_is_what_dashscope_makes_or_else_how_often_it_is_called() -> None:
    shares = [share(model, pictures=4, jobs=2) for model in (WANX, PLUS, RARE)]
    assert shares == [4, 4, 2]


def test_piece_takes_long_until_something_is_known() -> None:
    assert [Line().piece_ms(model) for model in (WANX, PLUS)] == [USUAL_MS, USUAL_MS / 2]


@pytest.mark.parametrize("picture_ms", [1_000, 10_000, 90_000])
def test_piece_takes_what_pictures_took(picture_ms: int) -> None:
    line = Line(made=8, worked_ms=8 * picture_ms)
    assert (line.piece_ms(WANX), line.piece_ms(PLUS)) == (picture_ms, picture_ms / 2)


def test_piece_is_judged_by_one_picture_with_care() -> None:
    assert Line(made=1, worked_ms=2_000).piece_ms(WANX) == (3 * USUAL_MS + 2_000) / 4


def test_piece_of_a_model_that_is_only_called_seldom_takes_the_time_between_two_calls() -> None:
    assert Line(made=4, worked_ms=1).piece_ms(RARE) == RARE.rate.spacing_ms


def test_line_is_as_long_as_all_of_its_pieces() -> None:
    assert Line(pieces=10).seconds(WANX) == 10 * USUAL_MS / SECOND


@given(LINES, st.sampled_from([WANX, PLUS]), SHARES)
def test_whoever_joins_is_done_within_half_of_what_dashscope_remembers(
    line: Line, model: ImageModel, pieces: int
) -> None:
    most = line.most_before(model, pieces, 60)
    after = Line(most + pieces, line.made, line.worked_ms)
    assert most == 0 or after.seconds(model) <= LONGEST_LINE == UPSTREAM_MEMORY / 2


@given(LINES, st.integers(60, 86_400))
def test_whoever_joins_a_model_that_is_called_seldom_is_sent_in_the_operators_time(
    line: Line, max_queue_seconds: int
) -> None:
    most = line.most_before(RARE, 1, max_queue_seconds)
    assert Line(most).seconds(RARE) <= max_queue_seconds < Line(most + 1).seconds(RARE)


@given(LINES, MODELS, SHARES, st.integers(60, 86_400))
def test_nobody_is_kept_out_of_an_empty_line(
    line: Line, model: ImageModel, pieces: int, max_queue_seconds: int
) -> None:
    assert line.most_before(model, pieces, max_queue_seconds) >= 0


@given(LINES, MODELS, SHARES)
def test_room_is_there_only_once_what_is_too_much_is_made(line: Line, model: ImageModel, pieces: int) -> None:
    most = line.most_before(model, pieces, 21_600)
    too_much = Line(max(0, line.pieces - most), line.made, line.worked_ms)
    if line.pieces > most:
        assert line.room_in(model, most) > too_much.seconds(model)


@given(LINES, MODELS, st.integers(0, 1_000))
def test_room_comes_later_in_a_longer_line(line: Line, model: ImageModel, more: int) -> None:
    longer = Line(line.pieces + more, line.made, line.worked_ms)
    assert longer.room_in(model, 0) >= line.room_in(model, 0)


@given(st.lists(st.tuples(st.integers(1, 4), st.none() | st.integers(1, MOST_MS)), min_size=1, max_size=4))
def test_worked_counts_the_jobs_of_which_it_is_known(jobs: list[tuple[int, int | None]]) -> None:
    task = a_task(*[a_job(n=n, worked_ms=worked_ms) for n, worked_ms in jobs])
    known = [(n, worked_ms) for n, worked_ms in jobs if worked_ms is not None]
    assert worked(task) == (sum(n for n, _ in known), sum(worked_ms for _, worked_ms in known))


@given(st.lists(st.integers(1, MOST_MS), min_size=1, max_size=64))
def test_piece_takes_no_longer_than_the_longest_that_was_seen(told: list[int]) -> None:
    piece_ms = Line(1, len(told), sum(told)).piece_ms(WANX)
    assert min(*told, USUAL_MS) <= piece_ms <= max(*told, USUAL_MS)
