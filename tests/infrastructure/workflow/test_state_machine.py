"""Each state machine has an answer to everything that can go wrong, and agrees with the template."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.infrastructure.permissions.recorded_calls import Recorded
from tests.infrastructure.workflow.workflow_states import (
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
from tongyi.models.batches.input_file import MOST_REQUESTS
from tongyi.models.batches.run import CHUNK_REQUESTS
from tongyi.models.workflow.payloads import Next

PASCAL_CASE = re.compile(r"(?:[A-Z][a-z]+)+")
SUBSTITUTION = re.compile(r"\$\{(\w+)\}")
HOUR = 3600
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


def test_workflows_and_tasks_have_deadlines() -> None:
    made = {name: definition(name) for name in MACHINES} | tasks()

    assert {name for name, state in made.items() if not state["TimeoutSeconds"] > 0} == set()


def test_tasks_retry_the_errors_of_lambda_and_their_own_deadline() -> None:
    retried = {
        name: {error for retry in task["Retry"] for error in retry["ErrorEquals"]}
        for name, task in tasks().items()
    }

    assert {
        name for name, errors in retried.items() if not errors >= LAMBDA_ERRORS | {"States.Timeout"}
    } == set()


@pytest.mark.parametrize("name", LAST)
def test_last_step_is_repeated_until_the_end_is_told(name: str) -> None:
    """It raises where the bus does not take its event, with the end already written."""
    *_, retry = tasks()[name]["Retry"]

    assert "States.TaskFailed" in retry["ErrorEquals"]
    assert retry["MaxAttempts"] * retry["MaxDelaySeconds"] > HOUR


def test_retries_of_tasks_are_spread_and_bounded() -> None:
    for name, task in tasks().items():
        for retry in retries(task):
            assert retry["JitterStrategy"] == "FULL", name
            assert retry["IntervalSeconds"] <= retry["MaxDelaySeconds"], name
            assert retry["MaxAttempts"] > 0, name
            assert retry["BackoffRate"] > 1, name


def test_task_that_may_yet_end_is_not_asked_again_whether_it_has() -> None:
    """CloseTask says so by an error of that name, and the next execution is reconcile's to start."""
    first, _ = tasks()["CloseTask"]["Retry"]

    assert first == {"ErrorEquals": [JobsUnfinished.__name__], "MaxAttempts": 0}


def test_tasks_catch_everything() -> None:
    assert {
        name for name, task in tasks().items() if task["Catch"][-1]["ErrorEquals"] != ["States.ALL"]
    } == set()


def test_choices_have_a_default() -> None:
    assert {name for name, choice in of_type("Choice").items() if not choice["Default"]} == set()


def test_choices_know_every_word_that_leads_on() -> None:
    words = {choice["StringEquals"] for state in of_type("Choice").values() for choice in state["Choices"]}

    assert words == {str(word) for word in Next} - {str(Next.END)}


def test_choices_after_tasks_know_every_word_that_those_have_said(recorded: Recorded) -> None:
    for name in set(tasks()) - set(LAST):
        task = tasks()[name]
        known = {choice["StringEquals"] for choice in states()[task["Next"]]["Choices"]}
        said = recorded.words[function_behind(task)]
        assert said, name
        assert said - {str(Next.END)} <= known, name


def test_states_say_why_they_are_there() -> None:
    assert {name for name, state in states().items() if not state["Comment"].strip()} == set()


def test_names_of_states_are_in_pascal_case() -> None:
    assert {name for name in states() if not PASCAL_CASE.fullmatch(name)} == set()


def test_tasks_are_named_after_their_functions() -> None:
    assert {name: function_behind(task) for name, task in tasks().items()} == {
        name: f"{name}Function" for name in tasks()
    }


def test_substitutions_are_those_of_the_template() -> None:
    assert {machine: set(SUBSTITUTION.findall(text(machine))) for machine in MACHINES} == {
        machine: set(properties["DefinitionSubstitutions"]) for machine, properties in MACHINES.items()
    }


def test_definitions_name_no_arn() -> None:
    assert {machine for machine in MACHINES if "arn:" in text(machine)} == set()


def test_workflows_are_standard_and_log_no_payloads() -> None:
    said = {
        machine: (properties["Type"], properties["Logging"]["IncludeExecutionData"])
        for machine, properties in MACHINES.items()
    }

    assert said == dict.fromkeys(MACHINES, ("STANDARD", False))


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
