"""Changes of a task's item, as UpdateItem and transactions have them: without the table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from tongyi.clock import Clock
from tongyi.gateways.dynamodb.base.expiry import PRESENT, seconds_now
from tongyi.gateways.dynamodb.base.items import Item, encode
from tongyi.models.tasks.records import Record
from tongyi.models.tasks.status import JobStatus


def task_key(task_id: str) -> Item:
    """Of a task's item."""
    return {"pk": f"TASK#{task_id}", "sk": "TASK"}


def plain(record: Record) -> Item:
    """A record as it is written down."""
    return record.model_dump(mode="json", exclude_none=True)


def job_change(
    task_id: str, job: int, changes: Mapping[str, Any], when: Iterable[JobStatus], clock: Clock
) -> Item:
    """The fields of UpdateItem, without the table, that change a job which has one of the statuses `when`."""
    return part_change(task_id, "jobs", job, changes, when, clock)


def part_change(
    task_id: str, part: str, number: int, changes: Mapping[str, Any], when: Iterable[str], clock: Clock
) -> Item:
    """Sets some attributes of one job or picture; None takes an attribute away."""
    names = {"#part": part, "#number": str(number), "#status": "status"}
    names |= {f"#c{place}": name for place, name in enumerate(changes)}
    kept = {place: value for place, value in enumerate(changes.values()) if value is not None}
    gone = [place for place, value in enumerate(changes.values()) if value is None]
    expression = ""
    if kept:
        expression += "SET " + ", ".join(f"#part.#number.#c{place} = :c{place}" for place in kept)
    if gone:
        expression += " REMOVE " + ", ".join(f"#part.#number.#c{place}" for place in gone)
    statuses = {f":w{place}": str(status) for place, status in enumerate(when)}
    condition = "attribute_exists(#part.#number.#status)"
    if statuses:
        condition = f"#part.#number.#status IN ({', '.join(statuses)})"
    values = {f":c{place}": _plain_value(value) for place, value in kept.items()} | statuses
    return change(task_id, expression, condition, names, values, clock)


def change(
    task_id: str,
    expression: str,
    condition: str | None,
    names: Mapping[str, str],
    values: Mapping[str, Any],
    clock: Clock,
) -> Item:
    """Refused where the task has expired, as where DynamoDB has deleted it already."""
    return {
        "Key": encode(task_key(task_id)),
        "UpdateExpression": expression,
        "ConditionExpression": f"{PRESENT} AND {condition}" if condition else PRESENT,
        "ExpressionAttributeNames": dict(names),
        "ExpressionAttributeValues": encode({":now": seconds_now(clock), **values}),
    }


def _plain_value(value: Any) -> Any:
    return plain(value) if isinstance(value, Record) else value
