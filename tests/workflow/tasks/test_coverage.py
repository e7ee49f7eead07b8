"""No state, branch or Catch of the state machine is there without having been gone through."""

from __future__ import annotations

from tests.workflow.history import states_of, steps_of
from tests.workflow.tasks.walk import Walk


def test_image_task_has_no_state_that_is_never_entered(walked: Walk) -> None:
    entered = {state for found in walked.walked.values() for state in found.states}

    assert entered == states_of(walked.definition)


def test_image_task_has_no_branch_that_is_never_taken(walked: Walk) -> None:
    taken = {step for found in walked.walked.values() for step in found.steps}

    assert taken == steps_of(walked.definition)
