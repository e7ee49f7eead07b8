"""The fault table: what may go wrong with an order of pictures, and the end that its owner sees of it.

`docs/reliability.md` shows the same rows. A fault that is added here is brought about by `test_fault_table`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.integration.workflow.outages import Kind, Outage

Fault = tuple[str, str, Mapping[str, Any]]
ELSEWHERE = "https://pictures.example.net"
ONE = f"{ELSEWHERE}/1.png"
INSPECTED = {"code": "DataInspectionFailed", "message": "Output data may contain inappropriate content."}
MINUTE = 60
FOR_EVER = {"times": None}
COPIED, LINKED, PART = "`SUCCEEDED`, copied", "`SUCCEEDED`, DashScope's link", "`SUCCEEDED` in part"
BUSY = "Not taken, 503"
SYNCHRONOUS = "qwen-image-2.0"


@dataclass(frozen=True)
class Row:
    """A fault, what comes of it, and how often DashScope makes (and bills) the task."""

    fault: str
    end: str
    faults: tuple[Fault, ...] = ()
    made: int = 1
    n: int = 1
    model: str = "wanx-v1"
    # A function that is cut off before its work, once.
    crash: str = ""
    # A service of AWS that cannot be used meanwhile.
    outage: Outage | None = None
    # What the operator does wrong, and mends after five minutes: a part of the test.
    operator: str = ""
    # Whether it must be the only one under way: lost submissions of one model are held against each other.
    alone: bool = False
    # Whether it goes on for hours: of them, one is like the other.
    lasts: bool = False


def _submit(kind: str, **options: Any) -> tuple[Fault, ...]:
    return (("submit", kind, options),)


def _refused(status: int, code: str) -> tuple[Fault, ...]:
    """Submissions, until the operator has mended it."""
    return _submit("status", status=status, code=code, **FOR_EVER)


def _generate(status: int, code: str) -> tuple[Fault, ...]:
    return (("generate", "status", {"status": status, "code": code}),)


def _query(kind: str, **options: Any) -> tuple[Fault, ...]:
    return (("query", kind, options),)


def _said(times: int | None = 1, **output: Any) -> tuple[Fault, ...]:
    """Queries that are answered with this in place of the truth."""
    return (("query", "body", {"json": {"request_id": "r", "output": output}, "times": times}),)


def _picture(kind: str, **options: Any) -> tuple[Fault, ...]:
    return (("picture", kind, options),)


def _failed(code: str) -> str:
    return f"`FAILED` `{code}`"


DONE: dict[str, Any] = {"task_status": "SUCCEEDED"}
SUBMISSIONS = (
    Row("Nothing", COPIED),
    Row(
        "The prompt is refused",
        _failed("DataInspectionFailed"),
        _submit("status", status=400, **INSPECTED),
        0,
    ),
    Row(
        "A parameter is refused",
        _failed("InvalidParameter"),
        _submit("status", status=400, code="InvalidParameter"),
        0,
    ),
    Row("429, five times", COPIED, _submit("status", status=429, code="Throttling.RateQuota", times=5)),
    Row(
        "The model is down, three times",
        COPIED,
        _submit("status", status=503, code="ModelUnavailable", times=3),
    ),
    Row("The submission's answer is lost", COPIED, _submit("drop", after=True), alone=True),
    Row("The submission's answer is garbage", COPIED, _submit("garbage"), alone=True),
    Row("The submission is lost on its way", COPIED, _submit("drop"), alone=True),
    Row("500, and nothing was done", COPIED, _submit("status", status=500), alone=True),
    Row(
        "Synchronous model: the prompt is refused",
        _failed("DataInspectionFailed"),
        _generate(400, "DataInspectionFailed"),
        0,
        model=SYNCHRONOUS,
    ),
    Row("Synchronous model: 429", COPIED, _generate(429, "Throttling.RateQuota"), model=SYNCHRONOUS),
    Row("Synchronous model: down", COPIED, _generate(503, "ModelUnavailable"), model=SYNCHRONOUS),
)
QUERIES = (
    Row("500, three times, to status queries", COPIED, _query("status", status=500, times=3)),
    Row(
        "429, five times, to status queries", COPIED, _query("status", status=429, code="Throttling", times=5)
    ),
    Row("Garbage, three times", COPIED, _query("garbage", times=3)),
    Row("Hung up on, three times", COPIED, _query("drop", times=3)),
    Row(
        "Every query fails",
        _failed("TaskExpired"),
        _query("status", status=500, **FOR_EVER),
        lasts=True,
    ),
    Row("A status that nobody knows", COPIED, _said(3, task_status="DREAMING")),
    Row("`UNKNOWN`, five times", COPIED, _said(5, task_status="UNKNOWN")),
    Row("`UNKNOWN` for ever", _failed("TaskUnknown"), _submit("stuck", task_status="UNKNOWN")),
    Row("`SUCCEEDED` without results, four times", COPIED, _said(4, **DONE)),
    Row("`SUCCEEDED` without results for ever", _failed("ResultMissing"), _said(None, **DONE)),
    Row("Results that are null for ever", _failed("ResultMissing"), _said(None, **DONE, results=None)),
    Row(
        "Results that are no objects for ever", _failed("ResultMissing"), _said(None, **DONE, results=["one"])
    ),
    Row(
        "A link that is no text for ever", _failed("ResultMissing"), _said(None, **DONE, results=[{"url": 1}])
    ),
    Row("Half the results, once", COPIED, _said(1, **DONE, results=[{"url": ONE}]), n=2),
    Row("Half the results for ever", PART, _said(None, **DONE, results=[{"url": ONE}]), n=2),
    Row("`FAILED` without a reason, four times", COPIED, _said(4, task_status="FAILED")),
    Row("`FAILED` without a reason for ever", _failed("InternalError"), _said(None, task_status="FAILED")),
)
OUTCOMES = (
    Row("The task fails", _failed("InternalError.Algo"), _submit("fail", code="InternalError.Algo")),
    Row("One of two pictures fails", PART, _submit("partial", indexes=[1]), n=2),
    Row("The same, and the metrics deny it", PART, _submit("partial", indexes=[1], lying_metrics=True), n=2),
    Row(
        "Both pictures are refused",
        _failed("DataInspectionFailed"),
        _said(1, **DONE, results=[INSPECTED] * 2),
        n=2,
    ),
    Row("The task is canceled at DashScope", "`CANCELED`", _submit("stuck", task_status="CANCELED")),
    Row(
        "The task runs for ever",
        _failed("InternalError.Timeout"),
        _submit("stuck", task_status="RUNNING"),
        lasts=True,
    ),
    Row(
        "The task waits for ever",
        _failed("TaskExpired"),
        _submit("stuck", task_status="SUSPENDED"),
        lasts=True,
    ),
)
PICTURES = (
    Row("The picture's host is down, nine times", COPIED, _picture("status", status=503, times=9)),
    Row("The picture's host is down for ever", LINKED, _picture("status", status=503, **FOR_EVER)),
    Row("403 for the picture, twice", COPIED, _picture("status", status=403, times=2)),
    Row("404 for the picture for ever", LINKED, _picture("status", status=404, **FOR_EVER)),
    Row("The picture is cut off, twice", COPIED, _picture("truncate", times=2)),
    Row("The picture is damaged for ever", LINKED, _picture("corrupt", **FOR_EVER)),
    Row("What comes is no picture for ever", LINKED, _picture("garbage", **FOR_EVER)),
    Row("The picture's host hangs up, three times", COPIED, _picture("drop", times=3)),
    Row("The picture is on a host that is not listed", LINKED, _submit("link_host", origin=ELSEWHERE)),
    Row(
        "The picture's host sends us inward", LINKED, _picture("redirect", location="http://169.254.169.254/")
    ),
)
AWS = (
    Row("`dispatch_job` is cut off", COPIED, crash="DispatchJobFunction"),
    Row("`check_job` is cut off", COPIED, crash="CheckJobFunction"),
    Row("`store_image` is cut off", COPIED, crash="StoreImageFunction"),
    Row("`close_task` is cut off", COPIED, crash="CloseTaskFunction"),
    Row("S3 is away for three minutes", COPIED, outage=Outage("s3", seconds=3 * MINUTE)),
    Row("S3 is away for an hour", LINKED, outage=Outage("s3", seconds=60 * MINUTE)),
    Row("S3 refuses for three minutes", COPIED, outage=Outage("s3", Kind.DENIED, 3 * MINUTE)),
    Row("DynamoDB is away for five minutes", COPIED, outage=Outage("dynamodb")),
    Row("DynamoDB throttles for five minutes", COPIED, outage=Outage("dynamodb", Kind.THROTTLED)),
    Row("DynamoDB's first reply to each write is lost", COPIED, outage=Outage("dynamodb", Kind.UNANSWERED)),
    Row("The same, of the order", COPIED, outage=Outage("dynamodb", Kind.UNANSWERED, at_order=True)),
    Row("DynamoDB is away when the order comes", BUSY, (), 0, outage=Outage("dynamodb", at_order=True)),
    Row(
        "DynamoDB throttles when the order comes",
        BUSY,
        (),
        0,
        outage=Outage("dynamodb", Kind.THROTTLED, at_order=True),
    ),
    Row("`StartExecution` is refused", BUSY, (), 0, outage=Outage("states", Kind.DENIED, at_order=True)),
    Row("`StartExecution`'s reply is lost", COPIED, outage=Outage("states", Kind.UNANSWERED, at_order=True)),
    Row("Step Functions is away when the order comes", COPIED, outage=Outage("states", at_order=True)),
    Row("EventBridge is away for five minutes", COPIED, outage=Outage("events")),
    Row("Secrets Manager is away for five minutes", COPIED, outage=Outage("secretsmanager"), alone=True),
)
OPERATOR = (
    Row("The DashScope key is rotated", COPIED, operator="rotate", alone=True),
    Row("The key is revoked five minutes before the next is put in", COPIED, operator="revoke", alone=True),
    Row("The secret is empty for five minutes", COPIED, operator="empty", alone=True),
    Row(
        "The secret may not be read for five minutes",
        COPIED,
        outage=Outage("secretsmanager", Kind.DENIED),
        alone=True,
    ),
    Row("`Arrearage` for five minutes", COPIED, _refused(400, "Arrearage"), operator="pay", alone=True),
    Row(
        "The model is not activated, for five minutes",
        COPIED,
        _refused(403, "Model.AccessDenied"),
        operator="pay",
        alone=True,
    ),
    Row(
        "The account may not use the API, for five minutes",
        COPIED,
        _refused(403, "AccessDenied.Unpurchased"),
        operator="pay",
        alone=True,
    ),
    Row(
        "The free quota is used up, for five minutes",
        COPIED,
        _refused(403, "AllocationQuota.FreeTierOnly"),
        operator="pay",
        alone=True,
    ),
    Row(
        "DashScope's quota is exhausted for five minutes",
        COPIED,
        _refused(429, "Throttling.AllocationQuota"),
        operator="pay",
        alone=True,
    ),
    Row("The execution is stopped by hand", COPIED, operator="stop", alone=True),
    Row(
        "`Arrearage` for more than a day",
        _failed("Arrearage"),
        _refused(400, "Arrearage"),
        0,
        alone=True,
        lasts=True,
    ),
)
TABLE: dict[str, tuple[Row, ...]] = {
    "Submissions": SUBMISSIONS,
    "Status queries": QUERIES,
    "Outcomes": OUTCOMES,
    "Pictures": PICTURES,
    "AWS": AWS,
    "Operator": OPERATOR,
}
ROWS = tuple(row for rows in TABLE.values() for row in rows)
