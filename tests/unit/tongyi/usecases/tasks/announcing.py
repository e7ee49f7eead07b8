"""What tells the ends of tasks, on a bus of a test's choice."""

from __future__ import annotations

from tests.support.fakes.gateways import FakeEventBus, FakeStartDelivery
from tongyi.gateways.dynamodb.task_table import TaskTable
from tongyi.usecases.tasks.announce_task import AnnounceTask

BUCKET = "pictures"


def announcer(
    tasks: TaskTable,
    bus: FakeEventBus | None = None,
    webhooks: FakeStartDelivery | None = None,
    *,
    with_prompts: bool = False,
) -> AnnounceTask:
    """Tells of a table's tasks on the bus, or on one that nobody listens to; and by webhooks, or by none."""
    told = webhooks or FakeStartDelivery()
    return AnnounceTask(tasks, bus or FakeEventBus(), told, BUCKET, with_prompts=with_prompts)
