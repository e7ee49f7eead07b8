"""Each state machine has an answer to everything that can go wrong, and agrees with the template."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.infrastructure.recorded_calls import Recorded
from tests.infrastructure.workflow_states import (
    MACHINES,
    definition,
    function_behind,
    of_type,
    retries,
    states,
    tasks,
    text,
)
from tongyi.errors import JobsUnfinished
from tongyi.models.file_run import CHUNK_REQUESTS
from tongyi.models.order_file import MOST_REQUESTS
from tongyi.models.workflow import Next

PASCAL_CASE = re.compile(r"(?:[A-Z][a-z]+)+")
SUBSTITUTION = re.compile(r"\$\{(\w+)\}")
HOUR = 3600
EACH = pytest.mark.parametrize("machine", sorted(MACHINES))
# The last steps of the machines, whose events tell of an end.
LAST = ("CloseTask", "WriteManifest")
# The errors of the Lambda service itself, which AWS advises to retry.
LAMBDA_ERRORS = {
    "Lambda.ServiceException",
    "Lambda.AWSLambdaException",
    "Lambda.SdkClientException",
    "Lambda.TooManyRequestsException",
    "Lambda.ClientExecutionTimeoutException",
}


@EACH
def test_workflow_has_a_deadline(machine: str) -> None:
    assert definition(machine)["TimeoutSeconds"] > 0


@pytest.mark.parametrize("name", sorted(tasks()))
def test_task_has_a_deadline(name: str) -> None:
    assert tasks()[name]["TimeoutSeconds"] > 0


@pytest.mark.parametrize("name", sorted(tasks()))
def test_task_retries_the_errors_of_lambda_and_its_own_deadline(name: str) -> None:
    retried = {error for retry in tasks()[name]["Retry"] for error in retry["ErrorEquals"]}

    assert retried >= LAMBDA_ERRORS | {"States.Timeout"}


@pytest.mark.parametrize("name", LAST)
def test_last_step_is_repeated_until_the_end_is_told(name: str) -> None:
    """It raises where the bus does not take its event, with the end already written."""
    *_, retry = tasks()[name]["Retry"]

    assert "States.TaskFailed" in retry["ErrorEquals"]
    assert retry["MaxAttempts"] * retry["MaxDelaySeconds"] > HOUR


@pytest.mark.parametrize("name", sorted(tasks()))
def test_task_retries_are_spread_and_bounded(name: str) -> None:
    for retry in retries(tasks()[name]):
        assert retry["JitterStrategy"] == "FULL"
        assert retry["IntervalSeconds"] <= retry["MaxDelaySeconds"]
        assert retry["MaxAttempts"] > 0
        assert retry["BackoffRate"] > 1


def test_task_that_may_yet_end_is_not_asked_again_whether_it_has() -> None:
    """CloseTask says so by an error of that name, and the next execution is reconcile's to start."""
    first, _ = tasks()["CloseTask"]["Retry"]

    assert first == {"ErrorEquals": [JobsUnfinished.__name__], "MaxAttempts": 0}


@pytest.mark.parametrize("name", sorted(tasks()))
def test_task_catches_everything(name: str) -> None:
    assert tasks()[name]["Catch"][-1]["ErrorEquals"] == ["States.ALL"]


@pytest.mark.parametrize("name", sorted(of_type("Choice")))
def test_choice_has_a_default(name: str) -> None:
    assert of_type("Choice")[name]["Default"]


@pytest.mark.parametrize("name", sorted(of_type("Choice")))
def test_choice_knows_only_words_that_the_functions_say(name: str) -> None:
    words = {choice["StringEquals"] for choice in of_type("Choice")[name]["Choices"]}

    assert words <= {str(word) for word in Next} - {str(Next.END)}


def test_choices_know_every_word_that_leads_on() -> None:
    words = {choice["StringEquals"] for state in of_type("Choice").values() for choice in state["Choices"]}

    assert words == {str(word) for word in Next} - {str(Next.END)}


@pytest.mark.parametrize("name", sorted(set(tasks()) - set(LAST)))
def test_choice_after_a_task_knows_every_word_it_has_said(recorded: Recorded, name: str) -> None:
    task = tasks()[name]
    known = {choice["StringEquals"] for choice in states()[task["Next"]]["Choices"]}
    said = recorded.words[function_behind(task)]

    assert said - {str(Next.END)} <= known
    assert said


@pytest.mark.parametrize("name", sorted(states()))
def test_state_says_why_it_is_there(name: str) -> None:
    assert states()[name]["Comment"].strip()


@pytest.mark.parametrize("name", sorted(states()))
def test_state_name_is_in_pascal_case(name: str) -> None:
    assert PASCAL_CASE.fullmatch(name)


@pytest.mark.parametrize("name", sorted(tasks()))
def test_task_is_named_after_its_function(name: str) -> None:
    assert function_behind(tasks()[name]) == f"{name}Function"


@EACH
def test_substitutions_are_those_of_the_template(machine: str) -> None:
    assert set(SUBSTITUTION.findall(text(machine))) == set(MACHINES[machine]["DefinitionSubstitutions"])


@EACH
def test_definition_names_no_arn(machine: str) -> None:
    assert "arn:" not in text(machine)


@EACH
def test_workflow_is_standard(machine: str) -> None:
    assert MACHINES[machine]["Type"] == "STANDARD"


@EACH
def test_workflow_logs_no_payloads(machine: str) -> None:
    assert MACHINES[machine]["Logging"]["IncludeExecutionData"] is False


def test_children_of_the_map_are_standard_and_bounded() -> None:
    """A child execution outlives five minutes, and so many are at work at once for a file."""
    (chunks,) = [state for state in of_type("Map").values() if _mode(state) == "DISTRIBUTED"]

    assert chunks["ItemProcessor"]["ProcessorConfig"]["ExecutionType"] == "STANDARD"
    assert 1 <= chunks["MaxConcurrency"] <= 40


def test_chunks_that_are_left_do_not_fail_the_map() -> None:
    """Their requests are told as not seen through; those of the others are told as what they became."""
    chunks = states()["SubmitChunks"]

    assert chunks["ToleratedFailureCount"] >= MOST_REQUESTS / CHUNK_REQUESTS
    assert chunks["Catch"][-1]["ErrorEquals"] == ["States.ALL"]
    assert chunks["ResultPath"] is None


def test_wait_takes_its_seconds_from_the_function() -> None:
    """Timestamps depend on clocks that agree; seconds do not."""
    waits = of_type("Wait")

    assert waits
    assert all(_way(state) == {"SecondsPath": "$.wait_seconds"} for state in waits.values())


def _mode(state: dict[str, Any]) -> str:
    mode: str = state["ItemProcessor"].get("ProcessorConfig", {}).get("Mode", "INLINE")
    return mode


def _way(state: dict[str, Any]) -> dict[str, Any]:
    return {name: state[name] for name in state if name.startswith(("Seconds", "Timestamp"))}
