"""Whose secret signs a webhook, and how. Source: the Standard Webhooks specification.

A signer is a word for whose secret it is. No secret is stored: each follows from the master secret and the signer.
"""

from __future__ import annotations

import base64
import hashlib
import hmac

SECRET_PREFIX = "whsec_"  # noqa: S105 # the specification's, before every secret
KEY_ID_LENGTH = 32


def key_id(key: str) -> str:
    """A gateway key's id: the first half of its SHA-256, in hex. It opens nothing."""
    return hashlib.sha256(key.encode()).hexdigest()[:KEY_ID_LENGTH]


def signer_of_key(identity: str) -> str:
    """The signer of orders that came with the key of that id."""
    return f"key:{identity}"


def signer_of_owner(owner: str) -> str:
    """The signer of orders that came as messages in the owner's name."""
    return f"owner:{owner}"


def webhook_secret(master: str, signer: str) -> str:
    """A signer's secret, as its receivers are given it: `whsec_` and 256 bits in base64."""
    derived = hmac.digest(master.encode(), signer.encode(), "sha256")
    return SECRET_PREFIX + base64.b64encode(derived).decode()


def sign(secret: str, webhook_id: str, timestamp: int, body: bytes) -> str:
    """The header webhook-signature: version 1, HMAC-SHA256 of `id.timestamp.body`; the timestamp in seconds."""
    key = base64.b64decode(secret.removeprefix(SECRET_PREFIX))
    signed = f"{webhook_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.digest(key, signed, "sha256")).decode()
