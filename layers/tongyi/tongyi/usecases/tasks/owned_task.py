"""Reading a task for whoever asks: nobody is shown what is another's."""

from __future__ import annotations

from tongyi.errors import TaskNotFound
from tongyi.gateways.dynamodb.task_table import TaskTable
from tongyi.models.tasks.records import TaskRecord

# Those of the gateway have 36 characters; a key of the table takes 2,048 bytes.
LONGEST_ID = 64


def read_owned(tasks: TaskTable, task_id: str, owner: str | None) -> TaskRecord:
    """The task. One submitted with a key is that key's owner's alone; raises TaskNotFound for all others."""
    task = tasks.get(task_id) if len(task_id) <= LONGEST_ID else None
    if task is None or task.owner not in (None, owner):
        raise TaskNotFound(task_id)
    return task
