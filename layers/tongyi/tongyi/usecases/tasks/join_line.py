"""Joining the line of a model: refused at once where an order could not be sent, or not be made, in time."""

from __future__ import annotations

from tongyi.errors import QueueFull
from tongyi.gateways.dynamodb.line_table import LineTable
from tongyi.gateways.dynamodb.slot_table import SlotTable
from tongyi.models.images.catalog import ImageModel
from tongyi.models.tasks.records import TaskRecord
from tongyi.models.workflow.line import share


def check_slots(slots: SlotTable, model: ImageModel, now_ms: int, max_queue_seconds: int) -> None:
    """Raises QueueFull for what could not be sent for hours; a slot that is written down later is never refused."""
    seconds = ((slots.next_free(model.name) or 0) - now_ms) / 1000
    if seconds > max_queue_seconds:
        raise _full(model, seconds, round(seconds - max_queue_seconds) + 1)


def join_line(lines: LineTable, model: ImageModel, task: TaskRecord, max_queue_seconds: int) -> None:
    """Counts the task in. Raises QueueFull for what DashScope might forget before it has made it.

    The room is asked for and taken in one write, so no number of orders at once overfills a line.
    """
    pieces = share(model, task.total, len(task.jobs))
    line = lines.read(model.name)
    if lines.join(task, line.most_before(model, pieces, max_queue_seconds)):
        return
    line = lines.read(model.name)
    most = line.most_before(model, pieces, max_queue_seconds)
    raise _full(model, line.seconds(model), line.room_in(model, most))


def _full(model: ImageModel, seconds: float, retry_after: int) -> QueueFull:
    return QueueFull(f"{model.name} has a waiting line of {seconds:.0f} s.", retry_after=retry_after)
