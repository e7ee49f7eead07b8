"""Signatures, as the public library finds them good; and secrets, of which no two signers share one."""

from __future__ import annotations

import base64
import hashlib
import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from tongyi.models.webhooks.signing import key_id, sign, signer_of_key, signer_of_owner, webhook_secret

MASTER = "m" * 64
ID = "msg_6f1f2f3e000040008000000000000001"
BODY = json.dumps({"type": "image.task.succeeded", "data": {"words": "一只猫"}}, ensure_ascii=False).encode()


def _now() -> int:
    return int(datetime.now(UTC).timestamp())


def _headers(secret: str, body: bytes = BODY, at: int | None = None) -> dict[str, str]:
    seconds = _now() if at is None else at
    return {
        "webhook-id": ID,
        "webhook-timestamp": str(seconds),
        "webhook-signature": sign(secret, ID, seconds, body),
    }


@given(st.text(min_size=1, max_size=80), st.dictionaries(st.text(), st.text()))
def test_signature_is_good_to_the_public_library(signer: str, said: dict[str, str]) -> None:
    body, secret = json.dumps(said).encode(), webhook_secret(MASTER, signer)
    assert Webhook(secret).verify(body, _headers(secret, body)) == said


def test_signature_is_the_librarys_own() -> None:
    secret, at = webhook_secret(MASTER, "owner:ann"), datetime(2026, 1, 2, tzinfo=UTC)
    assert sign(secret, ID, int(at.timestamp()), BODY) == Webhook(secret).sign(ID, at, BODY.decode())


@pytest.mark.parametrize("change", ["webhook-id", "webhook-timestamp", "body", "secret"])
def test_signature_is_bad_for_anything_else(change: str) -> None:
    secret = webhook_secret(MASTER, "owner:ann")
    headers, body = _headers(secret), BODY
    if change == "body":
        body += b" "
    elif change == "secret":
        secret = webhook_secret(MASTER, "owner:bob")
    else:
        headers[change] = str(_now() + 1) if change == "webhook-timestamp" else "msg_other"
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(body, headers)


def test_secret_has_256_bits_behind_the_prefix() -> None:
    prefix, _, text = webhook_secret(MASTER, "owner:ann").partition("_")
    assert (prefix, len(base64.b64decode(text, validate=True))) == ("whsec", 32)


def test_secret_follows_from_master_and_signer_alone() -> None:
    signers = ["owner:ann", "owner:bob", "key:ann", "key:0a", ""]
    secrets = {webhook_secret(master, signer) for master in (MASTER, "other") for signer in signers}
    assert len(secrets) == 2 * len(signers)
    assert webhook_secret(MASTER, "owner:ann") in secrets


def test_key_id_is_half_of_the_hash_that_is_stored() -> None:
    assert key_id("tg-x") == hashlib.sha256(b"tg-x").hexdigest()[:32]


@given(st.text(), st.text())
def test_signers_of_keys_and_owners_are_never_the_same(one: str, other: str) -> None:
    assert signer_of_key(one) != signer_of_owner(other)
