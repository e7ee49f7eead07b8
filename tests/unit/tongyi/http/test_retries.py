"""Whether an SDK is to send a request again by itself. One that may have been carried out is never sent twice."""

from __future__ import annotations

import pytest
from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEvent

from tests.unit.tongyi.http.requests import IMAGES, MESSAGES, TASK, an_event
from tongyi.errors import (
    ConfigurationError,
    GatewayError,
    IdempotencyConflict,
    InvalidApiKey,
    InvalidParameter,
    OrderInFlight,
    PictureNotFound,
    QueueFull,
    TaskNotFound,
    TaskUnfinished,
    UnsupportedOperation,
    UpstreamAmbiguous,
    UpstreamRefused,
    UpstreamSuspended,
    UpstreamThrottled,
    UpstreamUnreachable,
    WorkflowUnavailable,
)
from tongyi.http import api
from tongyi.http.dialects import is_resent

FLAT, NESTED = {"prompt": "a cat"}, {"input": {"prompt": "a cat"}}
# Nothing was carried out.
REPEATABLE: list[GatewayError] = [
    OrderInFlight(),
    QueueFull("No.", retry_after=1),
    UpstreamSuspended("Arrearage"),
    UpstreamThrottled("No."),
    UpstreamUnreachable("No."),
    WorkflowUnavailable("No."),
]
# Something may have been: only a request that changes nothing may be sent again.
UNREPEATABLE: list[GatewayError] = [
    UpstreamAmbiguous("No."),
    GatewayError("No."),
    ConfigurationError("No."),
    IdempotencyConflict(),
    TaskUnfinished("t"),
]
# No SDK repeats by itself what fails with the status of one of these.
FINAL: list[GatewayError] = [
    InvalidParameter("No."),
    InvalidApiKey("No."),
    UpstreamRefused("No."),
    UnsupportedOperation("No."),
    TaskNotFound("t"),
    PictureNotFound("No."),
]
CHAT, GATEWAY = "/v1/chat/completions", "/v1/tongyi"
SHOWING = an_event("GET", "/api/v1/tasks/t", resource=TASK)
ORDERS = pytest.mark.parametrize("target", [IMAGES, MESSAGES, CHAT])


def _name(error: GatewayError) -> str:
    return type(error).__name__


def _advice(event: APIGatewayProxyEvent, error: GatewayError) -> object:
    if event.body:
        api.json_body(event)
    return api.error_reply(event, error).headers.get("X-Should-Retry")


@ORDERS
@pytest.mark.parametrize("error", REPEATABLE, ids=_name)
def test_request_that_was_not_carried_out_is_to_be_repeated(target: str, error: GatewayError) -> None:
    assert _advice(an_event("POST", target, FLAT), error) == "true"


@ORDERS
@pytest.mark.parametrize("error", UNREPEATABLE, ids=_name)
def test_request_that_may_have_been_carried_out_is_not_to_be_repeated(
    target: str, error: GatewayError
) -> None:
    assert _advice(an_event("POST", target, FLAT), error) == "false"


@pytest.mark.parametrize("error", REPEATABLE + UNREPEATABLE, ids=_name)
def test_request_that_changes_nothing_is_to_be_repeated(error: GatewayError) -> None:
    assert _advice(SHOWING, error) == "true"


@pytest.mark.parametrize("error", FINAL, ids=_name)
def test_final_refusal_needs_no_advice(error: GatewayError) -> None:
    for event in (an_event("POST", IMAGES, FLAT), an_event("GET", f"{IMAGES}?task_id=t"), SHOWING):
        assert _advice(event, error) is None


@pytest.mark.parametrize(
    ("target", "body", "advice"),
    [(GATEWAY, FLAT, None), (IMAGES, NESTED, None), (IMAGES, FLAT, "true"), (CHAT, FLAT, "true")],
)
def test_advice_goes_by_the_status_that_is_sent(target: str, body: object, advice: str | None) -> None:
    """A throttle has 400 in the gateway's own API."""
    assert _advice(an_event("POST", target, body), UpstreamThrottled("No.")) == advice


def test_advice_does_not_push_out_the_errors_own_headers() -> None:
    reply = api.error_reply(an_event("POST", IMAGES, FLAT), QueueFull("No.", retry_after=9))
    assert (reply.headers["Retry-After"], reply.headers["X-Should-Retry"]) == ("9", "true")


@pytest.mark.parametrize("target", [IMAGES, MESSAGES])
@pytest.mark.parametrize("error", REPEATABLE + UNREPEATABLE, ids=_name)
def test_error_while_a_client_is_kept_waiting_never_has_it_repeat_its_order(
    target: str, error: GatewayError
) -> None:
    """An SDK that was redirected to this GET would not send the GET again but its POST: another order."""
    assert _advice(an_event("GET", f"{target}?task_id=t&round=9"), error) == "false"


@pytest.mark.parametrize(
    ("count", "resent"),
    [
        (None, False),
        ("0", False),
        ("00", False),
        ("1", True),
        ("2", True),
        ("10", True),
        *((text, False) for text in ("", "x", "-1", "1.5", "²", "٣", "true")),
    ],
)
def test_request_is_sent_once_more_where_the_sdk_says_so(count: str | None, resent: bool) -> None:
    event = an_event("POST", IMAGES, FLAT).raw_event
    headers = {} if count is None else {"x-stainless-retry-count": count}
    assert is_resent(APIGatewayProxyEvent({**event, "headers": headers})) is resent
