"""Lists the tasks of a caller."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tongyi.clock import Clock
from tongyi.gateways.dynamodb.task_table import TaskTable
from tongyi.models.tasks.filter import TaskFilter, parse_task_filter
from tongyi.models.tasks.records import TaskSummary
from tongyi.models.tasks.status import TaskStatus
from tongyi.usecases.page import Page
from tongyi.usecases.tasks.show_task import task_status


@dataclass(frozen=True, slots=True)
class ListedTask:
    """A task, and its status as its owner sees it."""

    task: TaskSummary
    status: TaskStatus


TaskPage = Page[ListedTask]


class ListTasks:
    """GET /api/v1/tasks/, without the HTTP."""

    def __init__(self, tasks: TaskTable, clock: Clock) -> None:
        self._tasks = tasks
        self._clock = clock

    def run(self, query: Mapping[str, str], owner: str) -> TaskPage:
        """A page of the owner's tasks. Raises InvalidParameter."""
        wanted = parse_task_filter(query, self._clock.now_ms())
        created = self._tasks.of_owner(owner, wanted.from_ms, wanted.until_ms)
        listed = [ListedTask(task, task_status(task)) for task in created]
        found = [entry for entry in listed if _matches(entry, wanted)]
        first = (wanted.page_no - 1) * wanted.page_size
        page = found[first : first + wanted.page_size]
        return TaskPage(page, len(found), wanted.page_no, wanted.page_size)


def _matches(entry: ListedTask, wanted: TaskFilter) -> bool:
    return (
        wanted.task_id in (None, entry.task.task_id)
        and wanted.model in (None, entry.task.model)
        and wanted.status in (None, entry.status)
    )
