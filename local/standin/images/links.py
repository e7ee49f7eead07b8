"""Signed picture links in the manner of object storage, and their verification."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from local.standin.clock import DAY, write_day, write_iso
from local.standin.errors import StorageError
from local.standin.tasks.schedule import Task

_PATH = re.compile(r"/1d/[0-9a-f]{2}/\d{8}/(?P<task>[0-9a-f-]{36})/(?P<number>[1-9]\d*)\.png")
_ACCESS_KEY_ID = "STANDIN0ACCESSKEY"
_BUCKET = "dashscope-result-bj"
_MISMATCH = (
    "The request signature we calculated does not match the signature you provided. "
    "Check your key and signing method."
)


@dataclass(frozen=True)
class PictureName:
    """Which picture a path means; `index` counts from 0, the number in the path from 1."""

    task_id: str
    index: int


def read_path(path: str) -> PictureName | None:
    """The picture a path names, or None when it is not a picture's path."""
    match = _PATH.fullmatch(path)
    return PictureName(match["task"], int(match["number"]) - 1) if match else None


class LinkSigner:
    """Signs and verifies links with a secret of its own."""

    def __init__(self) -> None:
        self._secret = secrets.token_bytes(32)

    def link(self, origin: str, task: Task, index: int) -> str:
        """The link of a finished task's picture; the same each time, good for 24 h after the task's end."""
        ended = task.ends or task.submitted
        path = f"/1d/{task.id[:2]}/{write_day(ended)}/{task.id}/{index + 1}.png"
        expires = str(int(ended + DAY))
        query = {"Expires": expires, "OSSAccessKeyId": _ACCESS_KEY_ID, "Signature": self._sign(path, expires)}
        return f"{origin}{path}?{urlencode(query)}"

    def verify(self, path: str, query: Mapping[str, str], now: float) -> None:
        """Raise StorageError (403) for a link that is not signed, signed wrongly, or expired."""
        expires = query.get("Expires", "")
        if not expires.isdigit() or "Signature" not in query or "OSSAccessKeyId" not in query:
            message = "You have no right to access this object because of bucket acl."
            raise StorageError(403, "AccessDenied", message)
        genuine = hmac.compare_digest(query["Signature"].encode(), self._sign(path, expires).encode())
        if not genuine or query["OSSAccessKeyId"] != _ACCESS_KEY_ID:
            raise StorageError(403, "SignatureDoesNotMatch", _MISMATCH)
        if now >= int(expires):
            times = {"Expires": write_iso(int(expires)), "ServerTime": write_iso(now)}
            raise StorageError(403, "AccessDenied", "Request has expired.", **times)

    def _sign(self, path: str, expires: str) -> str:
        # GET also for HEAD: one link serves both here, while real storage signs the method.
        text = f"GET\n\n\n{expires}\n/{_BUCKET}{path}"
        return base64.b64encode(hmac.new(self._secret, text.encode(), hashlib.sha1).digest()).decode()
