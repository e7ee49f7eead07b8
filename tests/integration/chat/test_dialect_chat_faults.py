"""OpenAI's and DashScope's chat routes where upstream does not do as it should."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from tests.integration.dialects import CHAT, TEXT
from tests.support.api_gateway import Reply
from tests.support.gateway import Gateway
from tongyi.usecases import chat as chat_module

HELLO = [{"role": "user", "content": "hello"}]


@dataclass(frozen=True)
class Api:
    """A chat API: its route, a sound body, the stand-in's endpoint, and how upstream words a throttle there."""

    route: str
    body: dict[str, Any]
    endpoint: str
    throttle: str

    def error(self, reply: Reply) -> dict[str, Any]:
        """What a reply says of an error."""
        said: dict[str, Any] = reply.body["error"] if self.route == CHAT else reply.body
        return said


OPENAI = Api(CHAT, {"model": "qwen-plus", "messages": HELLO}, "compatible", "limit_requests")
DASHSCOPE = Api(TEXT, {"model": "qwen-plus", "input": {"messages": HELLO}}, "chat", "Throttling.RateQuota")
APIS = pytest.mark.parametrize("api", [OPENAI, DASHSCOPE], ids=["openai", "dashscope"])
DOWN: dict[str, Any] = {"kind": "status", "status": 503, "code": "ModelUnavailable", "message": "later"}

# What befalls the one call, and the code of the reply.
AMBIGUOUS: dict[str, tuple[dict[str, Any], str]] = {
    "server error": ({"kind": "status", "status": 500, "code": "InternalError"}, "InternalError"),
    "server error without a code": ({"kind": "body", "status": 500, "json": {}}, "UpstreamAmbiguous"),
    "request timeout": ({"kind": "status", "status": 408, "code": "RequestTimeOut"}, "RequestTimeOut"),
    "hung up": ({"kind": "drop"}, "UpstreamAmbiguous"),
    "hung up after the work": ({"kind": "drop", "after": True}, "UpstreamAmbiguous"),
    "cut off": ({"kind": "truncate"}, "UpstreamAmbiguous"),
    "garbage": ({"kind": "garbage"}, "UpstreamAmbiguous"),
    "empty answer": ({"kind": "body", "json": {}}, "UpstreamAmbiguous"),
    "null": ({"kind": "body", "json": None}, "UpstreamAmbiguous"),
    "a list": ({"kind": "body", "json": []}, "UpstreamAmbiguous"),
    "no choices": ({"kind": "body", "json": {"choices": [], "output": {"choices": []}}}, "UpstreamAmbiguous"),
}
# What upstream says, and the code of the reply: one vocabulary for all routes.
REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "forbidden": ({"status": 400, "code": "DataInspectionFailed"}, "DataInspectionFailed"),
    "forbidden, compatible": ({"status": 400, "code": "data_inspection_failed"}, "DataInspectionFailed"),
    "parameter, compatible": ({"status": 400, "code": "invalid_parameter_error"}, "InvalidParameter"),
    "unheard of": ({"status": 400, "code": "something_new"}, "something_new"),
}
# What the operator must mend is that and no more, to every caller.
SUSPENDED: dict[str, dict[str, Any]] = {
    "bad key, compatible": {"status": 401, "code": "invalid_api_key"},
    "no model, compatible": {"status": 404, "code": "model_not_found"},
    "denied": {"status": 403, "code": "AccessDenied"},
    "unpaid": {"status": 400, "code": "Arrearage"},
    "overdue": {"status": 429, "code": "PostpaidBillOverdue"},
}


@pytest.fixture(autouse=True)
def _fresh(shared: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    """Retries come sooner than in earnest; how often they come stays as it is."""
    shared.standin.clear_faults()
    shared.standin.clear_ledger()
    monkeypatch.setattr(chat_module, "RETRY_SECONDS", 0.01)


def chat(shared: Gateway, api: Api, alice: dict[str, str]) -> Reply:
    return shared.request("POST", api.route, api.body, alice)


def statuses(shared: Gateway, api: Api) -> list[int | None]:
    """The answers to all calls upstream."""
    ledger = shared.standin.ledger()
    assert {entry["endpoint"] for entry in ledger} <= {api.endpoint}
    return [entry["status"] for entry in ledger]


@APIS
def test_chat_of_a_dialect_is_sent_again_after_a_throttle(
    shared: Gateway, alice: dict[str, str], api: Api
) -> None:
    shared.standin.add_fault(api.endpoint, "status", status=429, code=api.throttle)

    assert chat(shared, api, alice).status == 200
    assert statuses(shared, api) == [429, 200]


@APIS
def test_chat_of_a_dialect_answers_429_after_two_throttles(
    shared: Gateway, alice: dict[str, str], api: Api
) -> None:
    shared.standin.add_fault(
        api.endpoint, "status", times=None, status=429, code=api.throttle, headers={"Retry-After": "1"}
    )

    reply = chat(shared, api, alice)

    assert (reply.status, api.error(reply)["code"]) == (429, "Throttling.RateQuota")
    advice = {name: reply.headers[name] for name in ("retry-after", "x-should-retry", "x-dashscope-status")}
    assert advice == {"retry-after": "1", "x-should-retry": "true", "x-dashscope-status": "429"}
    assert statuses(shared, api) == [429, 429]


@APIS
def test_chat_of_a_dialect_answers_503_where_the_model_stays_down(
    shared: Gateway, alice: dict[str, str], api: Api
) -> None:
    shared.standin.add_fault(api.endpoint, times=None, **DOWN)

    reply = chat(shared, api, alice)

    assert (reply.status, api.error(reply)["code"]) == (503, "ModelUnavailable")
    assert reply.headers["x-should-retry"] == "true"
    assert statuses(shared, api) == [503, 503]


@APIS
@pytest.mark.parametrize(("fault", "code"), AMBIGUOUS.values(), ids=AMBIGUOUS)
def test_chat_of_a_dialect_that_may_have_been_answered_is_repeated_by_nobody(
    shared: Gateway, alice: dict[str, str], api: Api, fault: dict[str, Any], code: str
) -> None:
    shared.standin.add_fault(api.endpoint, **fault)

    reply = chat(shared, api, alice)

    assert (reply.status, api.error(reply)["code"]) == (504, code)
    assert reply.headers["x-should-retry"] == "false"
    assert len(statuses(shared, api)) == 1


@APIS
@pytest.mark.parametrize("said", SUSPENDED.values(), ids=SUSPENDED)
def test_chat_of_a_dialect_that_the_operator_must_mend_answers_503(
    shared: Gateway, alice: dict[str, str], api: Api, said: dict[str, Any]
) -> None:
    shared.standin.add_fault(api.endpoint, "status", message="of the account", **said)

    reply = chat(shared, api, alice)

    assert (reply.status, api.error(reply)["code"]) == (503, "UpstreamSuspended")
    assert (reply.headers["retry-after"], reply.headers["x-should-retry"]) == ("30", "true")
    assert "of the account" not in reply.text
    assert len(statuses(shared, api)) == 1


@APIS
@pytest.mark.parametrize(("said", "code"), REFUSED.values(), ids=REFUSED)
def test_chat_of_a_dialect_that_is_refused_for_good_answers_400(
    shared: Gateway, alice: dict[str, str], api: Api, said: dict[str, Any], code: str
) -> None:
    shared.standin.add_fault(api.endpoint, "status", message="no", **said)

    reply = chat(shared, api, alice)

    error = api.error(reply)
    assert (reply.status, error["code"], error["message"]) == (400, code, "no")
    assert reply.headers["x-dashscope-status"] == str(said["status"])
    assert "x-should-retry" not in reply.headers
    assert len(statuses(shared, api)) == 1


def test_openai_chat_words_upstreams_refusal_as_openai_does(shared: Gateway, alice: dict[str, str]) -> None:
    body = {"model": "qwen-plus", "messages": [{"role": "user", "content": "#forbidden"}]}

    reply = shared.request("POST", CHAT, body, alice)

    message = "Input data may contain inappropriate content."
    assert reply.body["error"] == {
        "message": message,
        "type": "invalid_request_error",
        "param": None,
        "code": "DataInspectionFailed",
    }


@pytest.mark.parametrize(
    ("said", "suggestion"),
    [
        ({"status": 400, "code": "data_inspection_failed"}, "The content was refused by a safety check."),
        ({"status": 429, "code": "limit_requests"}, "There are too many requests."),
        ({"status": 401, "code": "invalid_api_key"}, "The gateway's operator must mend"),
    ],
    ids=lambda value: value["code"] if isinstance(value, dict) else "",
)
def test_openai_chat_knows_what_to_do_about_the_compatible_modes_codes(
    shared: Gateway, alice: dict[str, str], said: dict[str, Any], suggestion: str
) -> None:
    shared.standin.add_fault("compatible", "status", times=None, **said)

    reply = shared.request("POST", CHAT, OPENAI.body, {**alice, "Accept-Language": "en"})

    assert reply.body["suggestion"].startswith(suggestion)


def test_openai_chat_finds_an_error_inside_a_200(shared: Gateway, alice: dict[str, str]) -> None:
    inside = {"error": {"code": "invalid_parameter_error", "message": "no"}}
    shared.standin.add_fault("compatible", "body", json=inside)

    reply = shared.request("POST", CHAT, OPENAI.body, alice)

    assert (reply.status, reply.body["error"]["code"]) == (400, "InvalidParameter")


@APIS
def test_chat_of_a_dialect_says_in_its_words_that_the_gateway_failed(
    shared: Gateway, alice: dict[str, str], api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> None:
        raise RuntimeError("something secret")

    monkeypatch.setattr(chat_module.Chat, "_answer", broken)

    reply = chat(shared, api, alice)

    error = api.error(reply)
    assert (reply.status, error["code"], error["message"]) == (500, "InternalError", "The gateway failed.")
    assert error.get("type") == ("api_error" if api is OPENAI else None)
    assert reply.headers["x-should-retry"] == "false"
