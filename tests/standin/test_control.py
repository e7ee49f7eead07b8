"""Control over HTTP, and the Python API beside it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Any

import pytest
import requests
from requests import Response

from local.standin import ControlError, StandIn

pytestmark = pytest.mark.enable_socket
Send = Callable[..., Response]


@pytest.fixture
def control(standin: StandIn) -> Send:
    """Call a control function; it needs no key."""
    return lambda method, name, **more: requests.request(
        method, f"{standin.url}/_standin/{name}", timeout=300, **more
    )


def _entries(control: Send, **filters: Any) -> list[dict[str, Any]]:
    return list(control("GET", "ledger", params=filters).json()["entries"])


def test_health_is_ok_and_names_the_picture_host(standin: StandIn, control: Send) -> None:
    reply = control("GET", "health").json()
    assert (reply["status"], reply["picture_url"]) == ("ok", standin.picture_url)


def test_the_two_servers_are_two_origins(standin: StandIn) -> None:
    assert standin.url != standin.picture_url


def test_an_entry_of_the_ledger_has_every_field(standin: StandIn, control: Send, submit: Send) -> None:
    reply = submit("a cat")
    assert _entries(control) == [
        {
            "seq": 1,
            "time": standin.now(),
            "endpoint": "submit",
            "method": "POST",
            "path": "/api/v1/services/aigc/text2image/image-synthesis",
            "status": 200,
            "code": None,
            "request_id": reply.json()["request_id"],
            "task_id": reply.json()["output"]["task_id"],
            "model": "wanx-v1",
            "prompt": "a cat",
            "key": hashlib.sha256(b"the-first-key").hexdigest()[:12],
            "images": None,
            "fault": None,
            "body": {"model": "wanx-v1", "input": {"prompt": "a cat"}, "parameters": {"n": 1}},
        }
    ]


def test_the_ledger_never_holds_a_key(control: Send, submit: Send) -> None:
    submit()
    assert "the-first-key" not in json.dumps(_entries(control))


def test_the_ledger_holds_refused_calls_with_their_code(control: Send, submit: Send) -> None:
    submit(key="a-wrong-key")
    assert (_entries(control)[0]["status"], _entries(control)[0]["code"]) == (401, "InvalidApiKey")


def test_the_ledger_can_be_filtered(control: Send, submit: Send, call: Send) -> None:
    submit("a cat")
    submit("a dog")
    call("GET", "/api/v1/tasks/nothing")
    found = _entries(control, endpoint="submit", since=1, prompt_contains="dog")
    assert [entry["seq"] for entry in found] == [2]


def test_control_calls_are_not_in_the_ledger(control: Send) -> None:
    control("GET", "health")
    assert _entries(control) == []


def test_the_ledger_can_be_cleared(control: Send, submit: Send) -> None:
    submit()
    control("DELETE", "ledger")
    assert _entries(control) == []


def test_a_fault_can_be_posted(control: Send, submit: Send) -> None:
    control("POST", "faults", json={"endpoint": "submit", "kind": "status", "status": 500})
    assert submit().status_code == 500


def test_several_faults_can_be_posted_at_once(control: Send) -> None:
    control(
        "POST", "faults", json=[{"endpoint": "submit", "kind": "drop"}, {"endpoint": "query", "kind": "drop"}]
    )
    assert len(control("GET", "faults").json()["faults"]) == 2


def test_of_several_faults_none_is_added_if_one_is_wrong(control: Send) -> None:
    control("POST", "faults", json=[{"endpoint": "submit", "kind": "drop"}, {"endpoint": "submit"}])
    assert control("GET", "faults").json()["faults"] == []


def test_one_fault_can_be_deleted(standin: StandIn, control: Send) -> None:
    first, second = standin.add_fault("submit", "drop"), standin.add_fault("query", "drop")
    control("DELETE", "faults", params={"id": first})
    assert [fault["id"] for fault in standin.faults()] == [second]


def test_all_faults_can_be_deleted(standin: StandIn, control: Send) -> None:
    standin.add_fault("submit", "drop")
    control("DELETE", "faults")
    assert standin.faults() == []


def test_the_clock_can_be_advanced(standin: StandIn, control: Send) -> None:
    before = standin.now()
    control("POST", "clock", json={"advance": 90})
    assert standin.now() == before + 90


def test_the_clock_can_be_let_run(standin: StandIn, control: Send) -> None:
    assert control("POST", "clock", json={"frozen": False}).json()["frozen"] is False


def test_settings_can_be_changed(control: Send) -> None:
    control("PATCH", "settings", json={"pending_seconds": 9, "limits": {"wanx-v1": {"requests": 7}}})
    settings = control("GET", "settings").json()
    assert (settings["pending_seconds"], settings["limits"]["wanx-v1"]["requests"]) == (9.0, 7)


def test_keys_can_be_changed(control: Send, submit: Send) -> None:
    control("PATCH", "settings", json={"keys": ["a-new-key"]})
    assert (submit().status_code, submit(key="a-new-key").status_code) == (401, 200)


def test_reset_forgets_everything(standin: StandIn, control: Send, submit: Send) -> None:
    submit()
    standin.add_fault("submit", "drop")
    standin.configure(pending_seconds=9)
    control("POST", "reset")
    state = (standin.ledger(), standin.faults(), control("GET", "settings").json()["pending_seconds"])
    assert state == ([], [], 1.0)


@pytest.mark.parametrize(
    ("method", "name", "body"),
    [
        ("POST", "faults", {"endpoint": "submit"}),
        ("POST", "faults", []),
        ("POST", "faults", "drop"),
        ("POST", "clock", {}),
        ("POST", "clock", {"advance": -1}),
        ("POST", "clock", {"advance": "1"}),
        ("POST", "clock", {"advance": 1e300}),
        ("POST", "clock", {"frozen": 1}),
        ("POST", "clock", {"back": 1}),
        ("PATCH", "settings", {"colour": 1}),
        ("PATCH", "settings", []),
    ],
)
def test_bad_input_is_refused_with_a_reason(control: Send, method: str, name: str, body: Any) -> None:
    reply = control(method, name, json=body)
    assert (reply.status_code, list(reply.json())) == (400, ["error"])


@pytest.mark.parametrize("query", ["ledger?since=x", "ledger?since=-1", "faults?id=99"])
def test_a_bad_query_is_refused_with_a_reason(control: Send, query: str) -> None:
    method = "DELETE" if query.startswith("faults") else "GET"
    assert control(method, query).status_code == 400


def test_an_unknown_control_is_not_found(control: Send) -> None:
    assert control("GET", "nothing").status_code == 404


def test_a_wrong_method_is_told_the_right_ones(control: Send) -> None:
    reply = control("POST", "health")
    assert (reply.status_code, reply.headers["Allow"]) == (405, "GET")


def test_the_python_api_refuses_the_same_mistakes(standin: StandIn) -> None:
    with pytest.raises(ControlError, match="seconds"):
        standin.add_fault("submit", "delay")


def test_a_stopped_standin_answers_no_more() -> None:
    with StandIn() as stopped:
        url = stopped.url
    with pytest.raises(requests.ConnectionError):
        requests.get(url + "/_standin/health", timeout=300)


def test_a_stopped_standin_ends_kept_alive_connections() -> None:
    with requests.Session() as session:
        with StandIn() as stopped:
            url = stopped.url + "/_standin/health"
            session.get(url, timeout=300)
        with pytest.raises(requests.ConnectionError):
            session.get(url, timeout=300)


def test_stopping_ends_a_long_delay() -> None:
    with StandIn() as stopped:
        stopped.add_fault("query", "delay", seconds=3600)
        headers = {"Authorization": "Bearer x"}
        with pytest.raises(requests.exceptions.ReadTimeout):
            requests.get(stopped.url + "/api/v1/tasks/nothing", headers=headers, timeout=(300, 0.2))
