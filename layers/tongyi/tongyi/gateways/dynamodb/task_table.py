"""Tasks in DynamoDB: one item each, created whole, changed under conditions, closed once."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from tongyi.clock import Clock
from tongyi.errors import RecordsUnavailable
from tongyi.gateways.dynamodb.base.batch_reads import read_items
from tongyi.gateways.dynamodb.base.expiry import ABSENT, has_expired, present, seconds_now
from tongyi.gateways.dynamodb.base.items import ConditionFailed, Item, conditional, decode, encode, reading
from tongyi.gateways.dynamodb.base.own_writes import SHOW_FOUND, Stamp
from tongyi.gateways.dynamodb.base.salt import read_salt
from tongyi.gateways.dynamodb.base.task_changes import change, job_change, part_change, plain, task_key
from tongyi.gateways.dynamodb.line_table import LineTable
from tongyi.models.tasks.records import Failure, ImageRecord, Record, TaskRecord, TaskSummary
from tongyi.models.tasks.schedule import FIRST_LOOK
from tongyi.models.tasks.status import ImageStatus, JobStatus, TaskStatus

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

# Kept as JSON text: DynamoDB has no floats, and a request must come back exactly as it was checked.
_JSON_ATTRIBUTES = ("input", "parameters")
OWNER_INDEX = "ByOwner"
# Under this an index has the records that are not finished, and nothing else (`unfinished_table`).
UNFINISHED = "UNFINISHED#TASK"


class TaskTable:
    """Reads and writes task items; what ends one takes it out of its model's line, of `lines`."""

    def __init__(self, client: DynamoDBClient, table_name: str, clock: Clock) -> None:
        self._client = client
        self._table = table_name
        self._clock = clock
        self.lines = LineTable(client, table_name)
        self._salt: str | None = None

    def salt(self) -> str:
        """A secret of this table's, made when it is first asked for: ids that nobody can work out are made with it."""
        if self._salt is None:
            self._salt = read_salt(self._client, self._table)
        return self._salt

    def create(self, task: TaskRecord) -> bool:
        """Writes a new task, also over an expired one. False where one with this id exists: the first writer wins."""
        values = plain(task)
        for name in _JSON_ATTRIBUTES:
            values[name] = json.dumps(values[name], ensure_ascii=False)
        own = Stamp(("creation_stamp",))
        listed = {"by_owner": _owner_key(task.owner)} if task.owner else {}
        open_until_told = {"unfinished": UNFINISHED, "look_at": task.created_at + FIRST_LOOK * 1000}
        apart = {"jobs": _keyed(task.jobs), "images": {}, "creation_stamp": own.text, **open_until_told}
        item = encode({**task_key(task.task_id), **listed, **values, **apart})
        try:
            with conditional():
                self._client.put_item(
                    TableName=self._table,
                    Item=item,
                    ConditionExpression=ABSENT,
                    ExpressionAttributeValues=encode({":now": seconds_now(self._clock)}),
                    ReturnValuesOnConditionCheckFailure=SHOW_FOUND,
                )
        except ConditionFailed as refused:
            return own.is_on(refused)
        return True

    def get(self, task_id: str) -> TaskRecord | None:
        """The task as it is now (a consistent read), or None. Raises RecordsUnavailable."""
        with reading():
            reply = self._client.get_item(
                TableName=self._table, Key=encode(task_key(task_id)), ConsistentRead=True
            )
        item = present(reply, self._clock)
        return read_task(item) if item else None

    def get_many(self, task_ids: Iterable[str]) -> dict[str, TaskRecord]:
        """Those of up to 100 tasks that exist, by their ids (a consistent read). Raises RecordsUnavailable."""
        found = read_items(self._client, self._table, map(task_key, set(task_ids)), self._clock)
        tasks = [task for task in map(read_task, found) if not has_expired(task.expires_at, self._clock)]
        return {task.task_id: task for task in tasks}

    def of_owner(self, owner: str, from_ms: int, until_ms: int) -> list[TaskSummary]:
        """The owner's tasks that were created between the two moments, both included, newest first.

        Read from an index that follows within moments: a task created just now may be missing.
        """
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            IndexName=OWNER_INDEX,
            KeyConditionExpression="by_owner = :owner AND created_at BETWEEN :from AND :until",
            ExpressionAttributeValues=encode(
                {":owner": _owner_key(owner), ":from": from_ms, ":until": until_ms}
            ),
            ScanIndexForward=False,
        )
        found = [TaskSummary.model_validate(decode(item)) for page in pages for item in page["Items"]]
        return [task for task in found if not has_expired(task.expires_at, self._clock)]

    def mark_started(self, task_id: str) -> None:
        """Writes down that the task's execution was started."""
        self._mark(task_id, "started")

    def mark_released(self, task_id: str) -> None:
        """Writes down that the task's execution could not be started, and nobody is at it."""
        self._mark(task_id, "released")

    def mark_announced(self, task_id: str) -> None:
        """Writes down that the event of the task's end was put on the bus, and that there is more to do for it."""
        self._mark(task_id, "announced")

    def mark_finished(self, task_id: str) -> None:
        """Writes down that it was, and that nothing is left to do for the task."""
        change = "SET #name = :yes REMOVE unfinished, look_at"
        self._update(task_id, change, None, {"#name": "announced"}, {":yes": True})

    def delete(self, task_id: str) -> None:
        """Takes back a task that was never started."""
        self._client.delete_item(TableName=self._table, Key=encode(task_key(task_id)))

    def change_job(
        self, task_id: str, job: int, changes: Mapping[str, Any], *, when: Iterable[JobStatus]
    ) -> bool:
        """Changes a job that has one of the statuses `when`. False, and no change, where it has another."""
        # The stamp is the job's own: what is written to another job of the task does not hide it.
        own = Stamp(("jobs", str(job), "stamp"))
        stamped = {**changes, "stamp": own.text}
        return self._write(job_change(task_id, job, stamped, when, self._clock), own)

    def change_image(
        self, task_id: str, image: int, changes: Mapping[str, Any], *, when: Iterable[ImageStatus] = ()
    ) -> bool:
        """Changes a picture that has one of the statuses `when`, or any. False, and no change, where it has another."""
        own = Stamp(("images", str(image), "stamp"))
        stamped = {**changes, "stamp": own.text}
        return self._write(part_change(task_id, "images", image, stamped, when, self._clock), own)

    def add_images(self, task_id: str, images: Mapping[int, ImageRecord]) -> None:
        """Writes down the pictures upstream made. What is known of one already is left as it is."""
        names = {f"#i{number}": str(number) for number in images}
        sets = [f"images.#i{number} = if_not_exists(images.#i{number}, :i{number})" for number in images]
        values = {f":i{number}": plain(image) for number, image in images.items()}
        self._update(task_id, "SET " + ", ".join(sets), None, names, values)

    def close(self, task_id: str, status: TaskStatus, error: Failure | None, ended_at: int) -> bool:
        """Writes the terminal status. False where the task had one already: it never changes again."""
        own = Stamp(("closing_stamp",))
        values: dict[str, Any] = {":status": str(status), ":ended": ended_at, ":own": own.text}
        expression = "SET #status = :status, ended_at = :ended, closing_stamp = :own"
        names = {"#status": "status"}
        if error:
            expression += ", #error = :error"
            names["#error"] = "error"
            values[":error"] = plain(error)
        condition = "attribute_not_exists(ended_at)"
        closed = self._update(task_id, expression, condition, names, values, own)
        if closed:
            self._leave_line(task_id)
        return closed

    def cancel_unsent(self, task: TaskRecord, ended_at: int) -> bool:
        """Cancels a task of which nothing was sent, all of it at once. False, and no change, where something was."""
        own = Stamp(("closing_stamp",))
        jobs = {f"#j{number}": str(number) for number in task.jobs}
        canceled = ", ".join(f"jobs.{job}.#status = :canceled" for job in jobs)
        unsent = " AND ".join(f"jobs.{job}.#status = :ready" for job in jobs)
        statuses = {":canceled": str(TaskStatus.CANCELED), ":ready": str(JobStatus.READY)}
        canceled_all = self._update(
            task.task_id,
            f"SET #status = :canceled, ended_at = :ended, closing_stamp = :own, {canceled}",
            f"attribute_not_exists(ended_at) AND {unsent}",
            {"#status": "status", **jobs},
            {**statuses, ":ended": ended_at, ":own": own.text},
            own,
        )
        if canceled_all:
            self._leave_line(task.task_id)
        return canceled_all

    def _leave_line(self, task_id: str) -> None:
        """Follows the one write that ends a task. Should it fail, the line forgets the task in its own time."""
        from botocore.exceptions import BotoCoreError, ClientError

        with suppress(BotoCoreError, ClientError, RecordsUnavailable):
            if task := self.get(task_id):
                self.lines.leave(task)

    def _mark(self, task_id: str, name: str) -> None:
        self._update(task_id, "SET #name = :yes", None, {"#name": name}, {":yes": True})

    def _update(
        self,
        task_id: str,
        expression: str,
        condition: str | None,
        names: Mapping[str, str],
        values: Mapping[str, Any],
        own: Stamp | None = None,
    ) -> bool:
        return self._write(change(task_id, expression, condition, names, values, self._clock), own)

    def _write(self, change: Item, own: Stamp | None = None) -> bool:
        try:
            with conditional():
                self._client.update_item(
                    TableName=self._table, ReturnValuesOnConditionCheckFailure=SHOW_FOUND, **change
                )
        except ConditionFailed as refused:
            return own is not None and own.is_on(refused)
        return True


def read_task(item: Mapping[str, Any]) -> TaskRecord:
    """A task's item, in typed JSON, as its record."""
    values = decode(item)
    for name in _JSON_ATTRIBUTES:
        values[name] = json.loads(values[name])
    return TaskRecord.model_validate(values)


def _owner_key(owner: str) -> str:
    return f"OWNER#{owner}"


def _keyed(records: Mapping[int, Record]) -> Item:
    return {str(number): plain(record) for number, record in records.items()}
