"""Which upstream task belongs to which job, and which calls nobody knows the outcome of.

An entry `OPEN#{model}` is written together with the mark that a job is being sent, before its call leaves, and goes
together with the write of what became of it. A claim `UPSTREAM#{task}` ties a task to one job, once. So each task that
DashScope lists is claimed, or has an entry that it may have been made of; and it is never given to another.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from tongyi.clock import Clock
from tongyi.gateways.dynamodb.base.batch_reads import read_items
from tongyi.gateways.dynamodb.base.expiry import ABSENT, has_expired, seconds_now
from tongyi.gateways.dynamodb.base.items import Item, decode, encode
from tongyi.gateways.dynamodb.base.task_changes import job_change
from tongyi.gateways.dynamodb.base.transactions import Transactions, delete, put
from tongyi.models.tasks.status import JobStatus
from tongyi.models.workflow.lost_submission import OpenSubmission
from tongyi.models.workflow.payloads import JobRef

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

KEPT_SECONDS = 3 * 24 * 3600
# Keys of one BatchGetItem.
_BATCH = 100


class SubmissionTable:
    """Claims and open entries, and the changes of jobs that go with them."""

    def __init__(self, client: DynamoDBClient, table_name: str, clock: Clock) -> None:
        self._client = client
        self._table = table_name
        self._clock = clock
        self._transactions = Transactions(client, table_name, clock)

    def begin(self, model: str, call: OpenSubmission, changes: Mapping[str, Any]) -> bool:
        """Marks a READY job, with an open entry for its call. False, and no change, where it is READY no more."""
        return self._transactions.write(
            self._job(_ref(call), changes, (JobStatus.READY,)), self._entry(model, call)
        )

    def lose(self, model: str, call: OpenSubmission, changes: Mapping[str, Any]) -> bool:
        """Marks a job whose answer was lost, and its entry. False, and no change, where it is DISPATCHING no more."""
        lost = call.model_copy(update={"lost": True})
        return self._transactions.write(
            self._job(_ref(call), changes, (JobStatus.DISPATCHING,)), self._entry(model, lost)
        )

    def settle(
        self,
        model: str,
        job: JobRef,
        changes: Mapping[str, Any],
        *,
        when: Iterable[JobStatus],
        claim: str | None = None,
    ) -> bool:
        """Writes down what became of a job's call: its entry goes, and the task that was made of it is `claim`ed.

        False, and no change, where the job has none of the statuses `when`, or the task is another job's.
        """
        claims = [self._claim(claim, job)] if claim else []
        return self._transactions.write(
            self._job(job, changes, when), delete(_entry_key(model, job)), *claims
        )

    def forget(self, model: str, job: JobRef) -> None:
        """Takes the entry away of a call whose outcome is known."""
        self._client.delete_item(TableName=self._table, Key=encode(_entry_key(model, job)))

    def open_calls(self, model: str) -> list[OpenSubmission]:
        """All calls of the model without an outcome (a consistent read)."""
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues=encode({":pk": f"OPEN#{model}"}),
            ConsistentRead=True,
        )
        entries = [decode(item) for page in pages for item in page["Items"]]
        kept = [entry for entry in entries if not has_expired(entry["expires_at"], self._clock)]
        return [OpenSubmission.model_validate(entry) for entry in kept]

    def holders(self, upstream_task_ids: Iterable[str]) -> dict[str, JobRef]:
        """Which job has claimed which of the upstream tasks (a consistent read). Raises RecordsUnavailable."""
        ids = sorted(set(upstream_task_ids))
        batches = [ids[start : start + _BATCH] for start in range(0, len(ids), _BATCH)]
        found = [
            decode(item)
            for batch in batches
            for item in read_items(self._client, self._table, map(_claim_key, batch), self._clock)
        ]
        kept = [claim for claim in found if not has_expired(claim["expires_at"], self._clock)]
        return {claim["pk"].removeprefix("UPSTREAM#"): _job_of(claim["holder"]) for claim in kept}

    def _job(self, job: JobRef, changes: Mapping[str, Any], when: Iterable[JobStatus]) -> Item:
        return {"Update": job_change(job.task_id, job.job, changes, when, self._clock)}

    def _entry(self, model: str, call: OpenSubmission) -> Item:
        item = {**call.model_dump(mode="json"), "expires_at": self._expiry()}
        return put({**_entry_key(model, _ref(call)), **item})

    def _claim(self, upstream_task_id: str, job: JobRef) -> Item:
        """The same job may claim again."""
        holder = _holder(job)
        return put(
            {**_claim_key(upstream_task_id), "holder": holder, "expires_at": self._expiry()},
            f"{ABSENT} OR holder = :holder",
            {":holder": holder, ":now": seconds_now(self._clock)},
        )

    def _expiry(self) -> int:
        return seconds_now(self._clock) + KEPT_SECONDS


def _ref(call: OpenSubmission) -> JobRef:
    return JobRef(task_id=call.task_id, job=call.job)


def _holder(job: JobRef) -> str:
    return f"{job.task_id}#{job.job}"


def _job_of(holder: str) -> JobRef:
    task_id, job = holder.rsplit("#", 1)
    return JobRef(task_id=task_id, job=int(job))


def _claim_key(upstream_task_id: str) -> Item:
    return {"pk": f"UPSTREAM#{upstream_task_id}", "sk": "CLAIM"}


def _entry_key(model: str, job: JobRef) -> Item:
    return {"pk": f"OPEN#{model}", "sk": _holder(job)}
