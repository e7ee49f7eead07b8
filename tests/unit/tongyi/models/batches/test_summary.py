"""The summary of a file."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.fakes.batches import KEY, a_progress, an_outcome
from tests.support.fakes.records import BROKEN, NOW, SECOND
from tongyi.models.batches.run import RequestStatus
from tongyi.models.batches.summary import Counts, counted, summary
from tongyi.models.tasks.records import Failure

STATUSES = {"pending", "succeeded", "failed", "canceled", "refused", "unknown"}


def _told(counts: Counts | None = None, **given: Any) -> dict[str, Any]:
    return summary(a_progress(), counts or {}, NOW + SECOND, **given)


def test_counted_has_how_many_have_which_status() -> None:
    outcomes = [an_outcome(1), an_outcome(2), an_outcome(3, RequestStatus.REFUSED)]
    assert counted(outcomes) == {"pending": 2, "refused": 1, "pictures": 0}
    assert counted([]) == {}


def test_counted_has_the_pictures_that_are_kept() -> None:
    pictures = [{"number": 1, "key": "k"}, {"number": 2, "url": "u"}, {"number": 3, "error": None}]
    outcomes = [an_outcome(number, RequestStatus.SUCCEEDED, pictures=pictures) for number in (1, 2)]
    assert counted(outcomes)["pictures"] == 2


def test_summary_names_the_file_and_its_moments() -> None:
    told = _told()
    assert (told["version"], told["file"]) == ("1", KEY)
    assert (told["started_at"], told["updated_at"]) == (
        "2026-01-15T12:00:00.250Z",
        "2026-01-15T12:00:01.250Z",
    )
    ended = _told(ended=True)
    assert ended["ended_at"] == "2026-01-15T12:00:01.250Z"
    assert "updated_at" not in ended


def test_summary_has_each_count_and_what_is_still_waiting() -> None:
    told = _told({"pending": 1, "pictures": 2, "succeeded": 1})
    assert {name: told[name] for name in STATUSES} == {
        **dict.fromkeys(STATUSES, 0),
        "pending": 1,
        "succeeded": 1,
    }
    assert (told["requests"], told["waiting"], told["pictures"]) == (3, 1, 2)


def test_summary_has_a_count_for_each_status() -> None:
    assert {status.lower() for status in RequestStatus} == STATUSES


@pytest.mark.parametrize(
    ("ended", "error", "status"),
    [(False, None, "RUNNING"), (True, None, "SUCCEEDED"), (True, BROKEN, "FAILED")],
)
def test_summary_has_a_word_for_the_file(ended: bool, error: Failure | None, status: str) -> None:
    assert _told({"failed": 3}, ended=ended, error=error)["status"] == status


def test_summary_says_where_the_manifest_is_once_there_is_one() -> None:
    assert _told({"failed": 3}, ended=True)["manifest"] == "results/alice/cats.jsonl/manifest.jsonl"
    assert "manifest" not in _told({"failed": 3})
    assert "manifest" not in _told(ended=True, error=BROKEN)


def test_summary_says_why_a_file_failed_in_two_words() -> None:
    error = Failure(code="InvalidParameter", message="No.", upstream_status=400)
    assert _told(ended=True, error=error)["error"] == {"code": "InvalidParameter", "message": "No."}
    assert "error" not in _told(ended=True)
