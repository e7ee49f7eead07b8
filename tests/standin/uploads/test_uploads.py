"""Uploads over HTTP."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable
from typing import Any

import pytest
import requests
from requests import Response

from local.standin import StandIn
from local.standin.settings import fingerprint

pytestmark = pytest.mark.enable_socket
KEY = "the-first-key"
Send = Callable[..., Response]
Policy = Callable[..., dict[str, Any]]


def _refusal(reply: Response) -> tuple[int, str, str]:
    told = [re.search(f"<{tag}>(.*)</{tag}>", reply.text) for tag in ("Code", "Message")]
    code, message = (found[1] if found else "" for found in told)
    return reply.status_code, code, message


@pytest.mark.parametrize(
    ("wanted", "status"), [("200", 200), ("201", 201), ("204", 204), ("500", 204), (None, 204)]
)
def test_success_has_the_status_asked_for_and_no_body(upload: Send, wanted: str | None, status: int) -> None:
    reply = upload(success_action_status=wanted)
    assert (reply.status_code, reply.content) == (status, b"")


@pytest.mark.parametrize("name", ["OSSAccessKeyId", "Signature", "policy"])
def test_a_form_without_credentials_is_refused(upload: Send, name: str) -> None:
    assert _refusal(upload(**{name: None}))[:2] == (403, "AccessDenied")


def test_another_access_key_is_refused(upload: Send) -> None:
    assert _refusal(upload(OSSAccessKeyId="SOMEBODY"))[:2] == (403, "InvalidAccessKeyId")


@pytest.mark.parametrize("signature", ["x", "é"])
def test_a_changed_signature_is_refused(upload: Send, signature: str) -> None:
    status, code, message = _refusal(upload(Signature=signature))
    assert (status, code) == (403, "AccessDenied")
    assert message.startswith("SignatureDoesNotMatch")


def test_a_changed_policy_is_refused(upload: Send, policy: Policy) -> None:
    told = policy()
    document = json.loads(base64.b64decode(told["policy"]))
    document["expiration"] = "2999-01-01T00:00:00.000Z"
    wider = base64.b64encode(json.dumps(document).encode()).decode()
    assert _refusal(upload(granted=told, policy=wider))[2].startswith("SignatureDoesNotMatch")


@pytest.mark.parametrize(("age", "status"), [(299, 200), (300, 403)])
def test_a_policy_expires_after_five_minutes(
    standin: StandIn, upload: Send, policy: Policy, age: int, status: int
) -> None:
    told = policy()
    standin.advance(age)
    assert upload(granted=told).status_code == status


def test_an_expired_policy_is_refused_in_words(standin: StandIn, upload: Send, policy: Policy) -> None:
    told = policy()
    standin.advance(300)
    policy()
    assert _refusal(upload(granted=told)) == (
        403,
        "AccessDenied",
        "Invalid according to Policy: Policy expired.",
    )


def test_a_policy_does_not_outlive_a_reset(standin: StandIn, upload: Send, policy: Policy) -> None:
    told = policy()
    standin.reset()
    assert upload(granted=told).status_code == 403


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("key", "dashscope-instant/elsewhere/cat.png"),
        ("key", None),
        ("x-oss-object-acl", "public-read"),
        ("x-oss-forbid-overwrite", "false"),
        ("x-oss-forbid-overwrite", None),
    ],
)
def test_a_form_beyond_the_policy_is_refused(upload: Send, name: str, value: str | None) -> None:
    status, code, message = _refusal(upload(**{name: value}))
    assert (status, code) == (403, "AccessDenied")
    assert message.startswith("Invalid according to Policy: Policy Condition failed: [")
    assert f"${name}" in message


def test_a_directory_that_only_starts_alike_is_refused(upload: Send, policy: Policy) -> None:
    told = policy()
    assert upload(granted=told, key=told["upload_dir"] + "0/cat.png").status_code == 403


def test_a_file_is_not_overwritten(upload: Send, policy: Policy) -> None:
    told = policy()
    upload(granted=told)
    assert _refusal(upload(granted=told))[:2] == (409, "FileAlreadyExists")


def test_several_files_may_be_uploaded_under_one_policy(upload: Send, policy: Policy) -> None:
    told = policy()
    keys = [told["upload_dir"] + name for name in ("/one.png", "/two.png")]
    assert [upload(granted=told, key=key).status_code for key in keys] == [200, 200]


def test_a_file_larger_than_any_call_of_the_api_is_taken(upload: Send) -> None:
    assert upload(bytes(17 * 1024 * 1024)).status_code == 200


def test_a_body_that_is_no_form_is_refused(standin: StandIn) -> None:
    reply = requests.post(standin.picture_url, data=b"{}", timeout=300)
    assert _refusal(reply)[:2] == (400, "MalformedPOSTRequest")


def test_both_calls_are_in_the_ledger(standin: StandIn, upload: Send) -> None:
    upload()
    asked, sent = standin.ledger()
    assert (asked["endpoint"], sent["endpoint"]) == ("upload_policy", "upload")
    for entry in (asked, sent):
        assert (entry["status"], entry["model"], entry["key"]) == (200, "wanx-v1", fingerprint(KEY))
        assert (entry["task_id"], entry["prompt"], entry["body"]) == (None, None, None)


def test_neither_policy_nor_signature_is_in_the_ledger(
    standin: StandIn, upload: Send, policy: Policy
) -> None:
    told = policy()
    upload(granted=told)
    ledger = json.dumps(standin.ledger())
    assert told["policy"] not in ledger
    assert told["signature"] not in ledger


def test_a_refused_upload_is_in_the_ledger_with_its_code(standin: StandIn, upload: Send) -> None:
    upload(Signature="x")
    entry = standin.ledger("upload")[0]
    assert (entry["status"], entry["code"], entry["model"]) == (403, "AccessDenied", None)


def test_status_on_an_upload_is_xml_and_stores_nothing(
    standin: StandIn, upload: Send, policy: Policy
) -> None:
    standin.add_fault("upload", "status", status=503, code="ServiceUnavailable", message="later")
    told = policy()
    assert _refusal(upload(granted=told)) == (503, "ServiceUnavailable", "later")
    assert upload(granted=told).status_code == 200


def test_drop_after_has_stored_the_file(standin: StandIn, upload: Send, policy: Policy) -> None:
    standin.add_fault("upload", "drop", after=True)
    told = policy()
    with pytest.raises(requests.ConnectionError):
        upload(granted=told)
    assert upload(granted=told).status_code == 409


def test_garbage_answers_an_upload_with_html(standin: StandIn, upload: Send) -> None:
    standin.add_fault("upload", "garbage")
    assert upload().text.startswith("<html>")


def test_a_fault_of_pictures_leaves_uploads_alone(standin: StandIn, upload: Send) -> None:
    standin.add_fault("picture", "status", status=503)
    assert upload().status_code == 200
