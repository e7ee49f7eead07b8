"""A picture as its owner sees it."""

from __future__ import annotations

# The standard library's has no way into a schema before Python 3.12.
from typing_extensions import TypedDict


class PictureError(TypedDict):
    """Why there is no picture, or no copy of one."""

    code: str
    message: str


class PictureResult(TypedDict, total=False):
    """A picture as its owner sees it, or `code` and `message` of why there is none.

    `sha256`, `content_type`, `bytes`, `width` and `height` (in pixels) describe the gateway's copy. Where there is
    none, `stored` is false, `copy_error` says why, and `url` leads to DashScope until `url_expires_at`.
    """

    orig_prompt: str
    actual_prompt: str
    url: str | None
    sha256: str
    content_type: str
    bytes: int
    width: int
    height: int
    url_expires_at: str
    stored: bool
    copy_error: PictureError | None
    code: str
    message: str
