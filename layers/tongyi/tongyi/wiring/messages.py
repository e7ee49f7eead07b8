"""For messages on queues."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from tongyi import config
from tongyi.gateways import aws
from tongyi.wiring.callers import submit_images

if TYPE_CHECKING:
    from tongyi.usecases.start_file import StartFile
    from tongyi.usecases.take_order import TakeOrder


@lru_cache(maxsize=1)
def take_order() -> TakeOrder:
    """For orders."""
    from tongyi.gateways.dead_letters import DeadLetters
    from tongyi.usecases.take_order import TakeOrder

    url = config.IntakeSettings.from_env().dead_letters_url
    return TakeOrder(submit_images(), DeadLetters(aws.client("sqs"), url))


@lru_cache(maxsize=1)
def start_file() -> StartFile:
    """For notifications of files of orders."""
    from tongyi.gateways.workflow import Workflow
    from tongyi.usecases.start_file import StartFile

    arn = config.FileWorkflowSettings.from_env().state_machine_arn
    return StartFile(Workflow(aws.client("stepfunctions"), arn))
