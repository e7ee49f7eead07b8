"""Grants and stored files, without HTTP."""

from __future__ import annotations

import threading

import pytest

from local.standin.clock import DAY
from local.standin.errors import StorageError
from local.standin.images.forms import Form
from local.standin.images.uploads import ACCESS_KEY_ID, ACL, FORBID_OVERWRITE, Grant, UploadStore

NOW = 1_795_176_000.0
NAME = "dashscope-instant/one/cat.png"


def _grant(most_bytes: int = 10) -> Grant:
    return Grant("key", "wanx-v1", "dashscope-instant/one", NOW + 300, most_bytes)


def _form(content: bytes) -> Form:
    fields = {"key": NAME, "x-oss-object-acl": ACL, "x-oss-forbid-overwrite": FORBID_OVERWRITE}
    return Form(fields, content)


def _store() -> UploadStore:
    return UploadStore(threading.RLock())


def test_a_file_of_the_largest_size_is_kept() -> None:
    store = _store()
    store.keep(_grant(), _form(b"x" * 10), NOW)
    file = store.find(NAME, NOW)
    assert file is not None
    assert (file.content, file.key, file.model) == (b"x" * 10, "key", "wanx-v1")


def test_a_file_too_large_is_refused_with_both_sizes() -> None:
    with pytest.raises(StorageError) as refused:
        _store().keep(_grant(), _form(b"x" * 11), NOW)
    told = (refused.value.status, refused.value.code, refused.value.details)
    assert told == (400, "EntityTooLarge", {"MaxSizeAllowed": "10", "ProposedSize": "11"})


def test_a_file_is_forgotten_after_two_days() -> None:
    store = _store()
    store.keep(_grant(), _form(b"x"), NOW)
    assert [store.find(NAME, NOW + age) is None for age in (2 * DAY - 1, 2 * DAY)] == [False, True]


def test_a_forgotten_name_may_be_used_again() -> None:
    store = _store()
    for moment in (NOW, NOW + 2 * DAY):
        store.keep(_grant(), _form(b"x"), moment)
    assert store.find(NAME, NOW + 2 * DAY)


def test_a_grant_is_known_by_its_signed_policy() -> None:
    store = _store()
    grant, policy, signature = store.grant("key", "wanx-v1", NOW)
    fields = {"OSSAccessKeyId": ACCESS_KEY_ID, "policy": policy, "Signature": signature}
    assert store.granted(fields, NOW) == grant


def test_a_signature_of_another_store_is_refused() -> None:
    _, policy, signature = _store().grant("key", "wanx-v1", NOW)
    fields = {"OSSAccessKeyId": ACCESS_KEY_ID, "policy": policy, "Signature": signature}
    with pytest.raises(StorageError, match="SignatureDoesNotMatch"):
        _store().granted(fields, NOW)


def test_clear_forgets_files() -> None:
    store = _store()
    store.keep(_grant(), _form(b"x"), NOW)
    store.clear()
    assert store.find(NAME, NOW) is None
