"""Tells the world that a task has ended: one event, at least once, and a webhook where one is wanted."""

from __future__ import annotations

from tongyi.gateways.dynamodb.task_table import TaskTable
from tongyi.gateways.messaging.event_bus import EventBus
from tongyi.models.images.copying import has_pictures_to_copy
from tongyi.models.tasks.events import DETAIL_TYPES, SOURCE, task_detail
from tongyi.models.tasks.records import TaskRecord
from tongyi.observability import count
from tongyi.usecases.webhooks.start_delivery import StartDelivery


class AnnounceTask:
    """Follows each terminal write."""

    def __init__(
        self, tasks: TaskTable, bus: EventBus, webhooks: StartDelivery, bucket: str, *, with_prompts: bool
    ) -> None:
        self._tasks = tasks
        self._bus = bus
        self._webhooks = webhooks
        self._bucket = bucket
        self._with_prompts = with_prompts

    def run(self, task: TaskRecord) -> None:
        """Puts the event of a task that has ended on the bus, and begins its webhook, unless that was done.

        Raises EventsUnavailable or WebhooksUnavailable. It is noted afterwards: whoever is cut off in between leaves it
        to be put once more.
        """
        if not task.ended or task.announced:
            return
        detail = task_detail(task, self._bucket, with_prompt=self._with_prompts)
        self._bus.put(SOURCE, DETAIL_TYPES[task.status], detail)
        self._webhooks.run(task)
        if has_pictures_to_copy(task, task.ended_at or 0):
            self._tasks.mark_announced(task.task_id)
        else:
            self._tasks.mark_finished(task.task_id)
        count("TasksAnnounced")
