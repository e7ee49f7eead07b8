"""Reading the form of an upload, without HTTP."""

from __future__ import annotations

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from local.standin.errors import StorageError
from local.standin.exchange import Request
from local.standin.images.forms import Form, read_form

KIND = "multipart/form-data; boundary=b"
HEAD = b'--b\r\nContent-Disposition: form-data; name="file"; filename="x"\r\n\r\n'


def _sent(fields: dict[str, str], name: str, content: bytes) -> Request:
    files = {"file": (name, content)}
    prepared = requests.Request("POST", "http://127.0.0.1/", data=fields, files=files).prepare()
    body = prepared.body
    assert isinstance(body, bytes)
    return Request("POST", "/", headers={"content-type": prepared.headers["Content-Type"]}, body=body)


def _refusal(body: bytes, content_type: str = KIND) -> tuple[int, str]:
    with pytest.raises(StorageError) as refused:
        read_form(Request("POST", "/", headers={"content-type": content_type}, body=body))
    return refused.value.status, refused.value.code


def test_fields_and_file_are_read() -> None:
    assert read_form(_sent({"key": "a/猫.png"}, "猫.png", b"\x89PNG")) == Form(
        {"key": "a/猫.png"}, b"\x89PNG"
    )


@given(st.binary(max_size=200) | st.text("\r\n-b\0", max_size=40).map(str.encode))
def test_the_file_keeps_every_byte(content: bytes) -> None:
    assert read_form(_sent({"key": "x"}, "x", content)).file == content


def test_fields_after_the_file_are_not_read() -> None:
    late = HEAD + b'x\r\n--b\r\nContent-Disposition: form-data; name="key"\r\n\r\ny\r\n--b--\r\n'
    request = Request("POST", "/", headers={"content-type": KIND}, body=late)
    assert read_form(request) == Form({}, b"x")


@pytest.mark.parametrize(
    "content_type",
    ["", "text/plain", "application/json", "multipart/form-data", "multipart/mixed; boundary=b"],
)
def test_what_is_no_form_is_refused(content_type: str) -> None:
    assert _refusal(HEAD + b"x\r\n--b--\r\n", content_type) == (400, "MalformedPOSTRequest")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"x",
        HEAD + b"x",
        b"--b\r\n\r\nx\r\n--b--\r\n",
        HEAD + b"x\r\n--b",
        b"before\r\n" + HEAD + b"x\r\n--b--\r\n",
        b'--b\r\nContent-Disposition: form-data; name="file"\r\n--b--\r\n',
    ],
)
def test_a_form_that_cannot_be_read_is_refused(body: bytes) -> None:
    assert _refusal(body) == (400, "MalformedPOSTRequest")


def test_a_file_that_is_itself_a_form_is_not_looked_into() -> None:
    inner = b"--c\r\n\r\nx\r\n--c--"
    head = HEAD.replace(b"\r\n\r\n", b"\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n")
    request = Request("POST", "/", headers={"content-type": KIND}, body=head + inner + b"\r\n--b--\r\n")
    assert read_form(request).file == inner


def test_a_form_without_a_file_is_refused() -> None:
    field = b'--b\r\nContent-Disposition: form-data; name="key"\r\n\r\nx\r\n--b--\r\n'
    assert _refusal(field) == (400, "IncorrectNumberOfFilesInPOSTRequest")
