"""Uploaded files: who may upload what, and the files themselves, kept for two days."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import threading
import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from local.standin.clock import DAY, write_date, write_iso
from local.standin.errors import StorageError
from local.standin.images.forms import Form

POLICY_SECONDS = 300
MOST_MEGABYTES = 100
MEGABYTE = 1024 * 1024
ACCESS_KEY_ID = "STANDIN"
ACL = "private"
FORBID_OVERWRITE = "true"

_NO_RIGHT = "You have no right to access this object because of bucket acl."
_NO_ACCESS_KEY = "The OSS Access Key Id you provided does not exist in our records."
_MISMATCH = (
    "SignatureDoesNotMatch The request signature we calculated does not match the signature you provided. "
    "Check your key and signing method."
)
_EXPIRED = "Invalid according to Policy: Policy expired."
_TOO_LARGE = "Your proposed upload exceeds the maximum allowed size."
_EXISTS = "The object you specified already exists and can not be overwritten."


@dataclass(frozen=True)
class Grant:
    """Leave for a key to upload files for a model into a directory; `expires` in epoch seconds."""

    key: str
    model: str
    directory: str
    expires: float
    most_bytes: int = MOST_MEGABYTES * MEGABYTE

    def conditions(self) -> list[list[str | int]]:
        """What a form must fulfil, in the manner of a POST policy."""
        return [
            ["starts-with", "$key", f"{self.directory}/"],
            ["eq", "$x-oss-object-acl", ACL],
            ["eq", "$x-oss-forbid-overwrite", FORBID_OVERWRITE],
            ["content-length-range", 0, self.most_bytes],
        ]

    def check(self, form: Form) -> None:
        """Refuse a form whose fields or file go beyond the grant."""
        for condition in self.conditions()[:-1]:
            rule, name, wanted = (str(word) for word in condition)
            given = form.fields.get(name[1:], "")
            if not (given.startswith(wanted) if rule == "starts-with" else given == wanted):
                message = f"Invalid according to Policy: Policy Condition failed: {json.dumps(condition)}"
                raise StorageError(403, "AccessDenied", message)
        size = len(form.file)
        if size > self.most_bytes:
            sizes = {"MaxSizeAllowed": str(self.most_bytes), "ProposedSize": str(size)}
            raise StorageError(400, "EntityTooLarge", _TOO_LARGE, **sizes)


@dataclass(frozen=True)
class Upload:
    """An uploaded file, who may use it, with which model, and until when."""

    content: bytes
    key: str
    model: str
    expires: float


class UploadStore:
    """Grants by their policy, and files by their key in the storage."""

    def __init__(self, lock: threading.RLock) -> None:
        self._lock = lock
        self._secret = secrets.token_bytes(32)
        self._grants: dict[str, Grant] = {}
        self._files: dict[str, Upload] = {}

    def grant(self, key: str, model: str, now: float) -> tuple[Grant, str, str]:
        """A new grant, with its policy and the policy's signature."""
        directory = f"dashscope-instant/{key}/{write_date(now)}/{uuid.uuid4()}"
        grant = Grant(key, model, directory, now + POLICY_SECONDS)
        policy = self.allow(grant)
        return grant, policy, self.sign(policy)

    def allow(self, grant: Grant) -> str:
        """Remember a grant until it expires; returns its policy."""
        document = {"expiration": write_iso(grant.expires), "conditions": grant.conditions()}
        policy = base64.b64encode(json.dumps(document).encode()).decode()
        with self._lock:
            self._grants[policy] = grant
        return policy

    def sign(self, policy: str) -> str:
        """The signature of a policy, as object storage makes it."""
        return base64.b64encode(hmac.new(self._secret, policy.encode(), hashlib.sha1).digest()).decode()

    def granted(self, fields: Mapping[str, str], now: float) -> Grant:
        """The grant behind the fields of a form; StorageError (403) unless it is genuine and valid."""
        if not all(fields.get(name) for name in ("OSSAccessKeyId", "policy", "Signature")):
            raise StorageError(403, "AccessDenied", _NO_RIGHT)
        if fields["OSSAccessKeyId"] != ACCESS_KEY_ID:
            raise StorageError(403, "InvalidAccessKeyId", _NO_ACCESS_KEY)
        policy = fields["policy"]
        if not hmac.compare_digest(fields["Signature"].encode(), self.sign(policy).encode()):
            raise StorageError(403, "AccessDenied", _MISMATCH)
        with self._lock:
            grant = self._grants.get(policy)
        if grant is None or now >= grant.expires:
            raise StorageError(403, "AccessDenied", _EXPIRED)
        return grant

    def keep(self, grant: Grant, form: Form, now: float) -> None:
        """Store the file of a form that fits its grant; what has had its time goes."""
        grant.check(form)
        with self._lock:
            self._forget(now)
            if form.fields["key"] in self._files:
                raise StorageError(409, "FileAlreadyExists", _EXISTS)
            self._files[form.fields["key"]] = Upload(form.file, grant.key, grant.model, now + 2 * DAY)

    def find(self, name: str, now: float) -> Upload | None:
        """The file of that key in the storage, unless it is forgotten."""
        with self._lock:
            self._forget(now)
            return self._files.get(name)

    def clear(self) -> None:
        """Forget every file and grant."""
        with self._lock:
            self._grants.clear()
            self._files.clear()

    def _forget(self, now: float) -> None:
        self._grants = {text: grant for text, grant in self._grants.items() if now < grant.expires}
        self._files = {name: file for name, file in self._files.items() if now < file.expires}
