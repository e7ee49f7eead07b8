"""Which upstream task belongs to whom, and which submissions nobody can tell the fate of.

A claim ties an upstream task to one job, once. A lost entry says that a job's submission, sent in a certain span of
time, may or may not have arrived. Both exist so that a task found upstream is never given to the wrong caller.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tongyi.clock import Clock
from tongyi.gateways.expiry import ABSENT, has_expired, present, seconds_now
from tongyi.gateways.items import ConditionFailed, conditional, decode, encode
from tongyi.models.workflow import JobRef

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

KEPT_SECONDS = 3 * 24 * 3600


class SubmissionTable:
    """Claims and lost entries."""

    def __init__(self, client: DynamoDBClient, table_name: str, clock: Clock) -> None:
        self._client = client
        self._table = table_name
        self._clock = clock

    def claim(self, upstream_task_id: str, job: JobRef, now_ms: int) -> bool:
        """Ties the upstream task to the job. False where it is another job's; the same job may claim again."""
        holder = _holder(job)
        item = {**_claim_key(upstream_task_id), "holder": holder, "expires_at": _expiry(now_ms)}
        try:
            with conditional():
                self._client.put_item(
                    TableName=self._table,
                    Item=encode(item),
                    ConditionExpression=f"{ABSENT} OR holder = :holder",
                    ExpressionAttributeValues=encode({":holder": holder, ":now": seconds_now(self._clock)}),
                )
        except ConditionFailed:
            return False
        return True

    def holder(self, upstream_task_id: str) -> JobRef | None:
        """The job that has claimed the upstream task, if any."""
        reply = self._client.get_item(
            TableName=self._table, Key=encode(_claim_key(upstream_task_id)), ConsistentRead=True
        )
        claim = present(reply, self._clock)
        if claim is None:
            return None
        task_id, job = claim["holder"]["S"].rsplit("#", 1)
        return JobRef(task_id=task_id, job=int(job))

    def report_lost(self, model: str, job: JobRef, *, from_ms: int, until_ms: int) -> None:
        """Remembers that the job's submission was sent between the two moments, and may have arrived."""
        entry = {"from_ms": from_ms, "until_ms": until_ms, "expires_at": _expiry(until_ms)}
        self._client.put_item(TableName=self._table, Item=encode({**_lost_key(model, job), **entry}))

    def resolve_lost(self, model: str, job: JobRef) -> None:
        """Forgets the entry: it was decided what became of the submission."""
        self._client.delete_item(TableName=self._table, Key=encode(_lost_key(model, job)))

    def lost_between(self, model: str, from_ms: int, until_ms: int) -> int:
        """How many submissions to the model, sent in a span that overlaps this one, are not accounted for."""
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues=encode({":pk": f"LOST#{model}"}),
            ConsistentRead=True,
        )
        entries = [decode(item) for page in pages for item in page["Items"]]
        spans = [entry for entry in entries if not has_expired(entry["expires_at"], self._clock)]
        return sum(span["from_ms"] <= until_ms and span["until_ms"] >= from_ms for span in spans)


def _holder(job: JobRef) -> str:
    return f"{job.task_id}#{job.job}"


def _claim_key(upstream_task_id: str) -> dict[str, str]:
    return {"pk": f"UPSTREAM#{upstream_task_id}", "sk": "CLAIM"}


def _lost_key(model: str, job: JobRef) -> dict[str, str]:
    return {"pk": f"LOST#{model}", "sk": _holder(job)}


def _expiry(now_ms: int) -> int:
    return now_ms // 1000 + KEPT_SECONDS
