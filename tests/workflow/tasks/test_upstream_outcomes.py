"""What upstream makes of a task, and what its owner sees of that."""

from __future__ import annotations

import pytest

from tests.workflow.tasks.scenarios import ONE
from tests.workflow.tasks.walk import Walk
from tongyi.models.tasks.status import JobStatus


def test_image_task_succeeds_with_a_copy_of_each_picture(walked: Walk) -> None:
    found = walked.walked["succeeds"]

    assert found.shown.body["output"]["task_status"] == "SUCCEEDED"
    assert len(set(found.copies)) == 2


def test_image_task_fails_with_the_words_of_upstream(walked: Walk) -> None:
    shown = walked.walked["fails upstream"].shown

    assert shown.status == 400
    assert shown.body["output"]["task_status"] == "FAILED"
    assert (shown.body["code"], shown.body["message"]) == ("InternalError.Algo", "no luck")


def test_image_task_fails_where_each_picture_failed(walked: Walk) -> None:
    found = walked.walked["has no picture"]

    assert found.shown.status == 400
    assert found.shown.body["code"] == "DataInspectionFailed"
    assert found.shown.body["output"]["task_metrics"] == {"TOTAL": 2, "SUCCEEDED": 0, "FAILED": 2}


def test_image_task_fails_where_upstream_never_returns_a_picture(walked: Walk) -> None:
    found = walked.walked["never has results"]

    assert found.shown.body["output"]["task_status"] == "FAILED"
    assert found.shown.body["output"]["task_metrics"] == {"TOTAL": 1, "SUCCEEDED": 0, "FAILED": 1}
    assert (found.shown.body["code"], found.called("query")) == ("ResultMissing", [200, 200])


def test_image_task_asks_again_where_upstream_returns_no_picture(walked: Walk) -> None:
    found = walked.walked["has no results at first"]

    assert found.called("query") == [200, 200]
    assert found.shown.body["output"]["task_status"] == "SUCCEEDED"
    assert len(found.copies) == 1


def test_image_task_takes_a_part_of_its_pictures_that_stays_all_there_is(walked: Walk) -> None:
    found = walked.walked["has half its results"]
    first, second = found.shown.body["output"]["results"]

    assert (found.called("query"), first["url"], second["code"]) == ([200, 200], ONE, "ResultMissing")


def test_image_task_succeeds_in_part(walked: Walk) -> None:
    found = walked.walked["partly fails"]
    first, second = found.shown.body["output"]["results"]

    assert found.shown.body["output"]["task_status"] == "SUCCEEDED"
    assert "url" in first
    assert second["code"] == "InternalError.Timeout"
    assert len(found.copies) == 1


def test_image_task_counts_results_and_not_what_upstream_claims(walked: Walk) -> None:
    shown = walked.walked["partly fails"].shown

    assert shown.body["output"]["task_metrics"] == {"TOTAL": 2, "SUCCEEDED": 1, "FAILED": 1}
    assert shown.body["usage"] == {"image_count": 1}


def test_image_task_ends_canceled_where_upstream_was(walked: Walk) -> None:
    found = walked.walked["is canceled"]

    assert found.shown.status == 200
    assert found.shown.body["output"]["task_status"] == "CANCELED"


def test_image_task_waits_for_a_task_that_upstream_does_not_know_yet(walked: Walk) -> None:
    found = walked.walked["is unknown at first"]

    assert found.called("query") == [200, 200]
    assert found.shown.body["output"]["task_status"] == "SUCCEEDED"


def test_image_task_takes_a_new_status_for_still_at_work(walked: Walk) -> None:
    found = walked.walked["dreams at first"]

    assert found.called("query") == [200, 200]
    assert found.shown.body["output"]["task_status"] == "SUCCEEDED"


def test_image_task_is_not_sent_again_after_a_refusal_for_good(walked: Walk) -> None:
    found = walked.walked["is refused for good"]

    assert found.called("submit") == [400]
    assert found.task.jobs[0].status is JobStatus.FAILED


@pytest.mark.parametrize(("prompt", "refusal"), [("is throttled", 429), ("finds the model down", 503)])
def test_image_task_is_sent_again_after_a_refusal_for_now(walked: Walk, prompt: str, refusal: int) -> None:
    found = walked.walked[prompt]

    assert found.called("submit") == [refusal, 200]
    assert found.shown.body["output"]["task_status"] == "SUCCEEDED"


@pytest.mark.parametrize("prompt", ["is throttled", "finds the model down"])
def test_image_task_stays_away_for_a_second_after_a_refusal_for_now(walked: Walk, prompt: str) -> None:
    first, second = (call["time"] for call in walked.walked[prompt].calls if call["endpoint"] == "submit")

    assert second - first >= 1


def test_image_task_goes_on_after_failing_checks(walked: Walk) -> None:
    found = walked.walked["has failing checks"]

    assert found.called("query") == [500, 200, None, 200]
    assert found.called("submit") == [200]
    assert found.shown.body["output"]["task_status"] == "SUCCEEDED"


def test_image_task_stores_what_a_synchronous_dispatch_returns(walked: Walk) -> None:
    found = walked.walked["has its pictures at once"]

    assert "WaitForUpstream" not in found.states
    assert len(found.copies) == 2
