"""Upload policies over HTTP."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from requests import Response

from local.standin import StandIn
from local.standin.settings import fingerprint

pytestmark = pytest.mark.enable_socket
PATH = "/api/v1/uploads"
WANTED = f"{PATH}?action=getPolicy&model=wanx-v1"
KEY = "the-first-key"
Send = Callable[..., Response]
Policy = Callable[..., dict[str, Any]]


def _error(reply: Response) -> tuple[int, str]:
    return reply.status_code, reply.json()["code"]


def test_a_policy_reply_has_the_documented_shape(standin: StandIn, call: Send) -> None:
    reply = call("GET", WANTED).json()
    data = reply["data"]
    assert set(reply) == {"request_id", "data"}
    assert {name: data.pop(name) for name in ("policy", "signature", "upload_dir")}
    assert data == {
        "upload_host": standin.picture_url,
        "expire_in_seconds": 300,
        "max_file_size_mb": 100,
        "capacity_limit_mb": 999999999,
        "oss_access_key_id": "STANDIN",
        "x_oss_object_acl": "private",
        "x_oss_forbid_overwrite": "true",
    }


def test_the_directory_names_the_key_by_its_fingerprint(policy: Policy) -> None:
    pattern = rf"dashscope-instant/{fingerprint(KEY)}/\d{{4}}-\d\d-\d\d/[0-9a-f-]{{36}}"
    assert re.fullmatch(pattern, policy()["upload_dir"])


def test_each_policy_has_a_directory_of_its_own(policy: Policy) -> None:
    assert policy()["upload_dir"] != policy()["upload_dir"]


def test_the_policy_tells_what_the_form_must_fulfil(policy: Policy) -> None:
    told = policy()
    document = json.loads(base64.b64decode(told["policy"]))
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", document["expiration"])
    assert document["conditions"] == [
        ["starts-with", "$key", told["upload_dir"] + "/"],
        ["eq", "$x-oss-object-acl", "private"],
        ["eq", "$x-oss-forbid-overwrite", "true"],
        ["content-length-range", 0, 104857600],
    ]


@pytest.mark.parametrize("query", ["", "?model=wanx-v1", "?action=putPolicy&model=wanx-v1"])
def test_another_action_is_refused(call: Send, query: str) -> None:
    assert _error(call("GET", PATH + query)) == (400, "InvalidParameter")


def test_a_missing_model_is_refused(call: Send) -> None:
    assert _error(call("GET", f"{PATH}?action=getPolicy")) == (400, "InvalidParameter")


def test_an_unknown_model_is_not_found(call: Send) -> None:
    assert _error(call("GET", f"{PATH}?action=getPolicy&model=wanx-v9")) == (404, "ModelNotFound")


def test_a_missing_key_is_refused(call: Send) -> None:
    assert _error(call("GET", WANTED, key=None)) == (401, "InvalidApiKey")


def test_policies_have_a_rate_of_their_own(standin: StandIn, call: Send) -> None:
    standin.configure(limits={"upload_policy": {"requests": 1}})
    assert [call("GET", WANTED).status_code for _ in range(2)] == [200, 429]


def test_status_refuses_a_policy(standin: StandIn, call: Send) -> None:
    standin.add_fault("upload_policy", "status", status=503, code="ModelUnavailable")
    assert _error(call("GET", WANTED)) == (503, "ModelUnavailable")
