"""Which pictures may yet be copied, and until when their links live."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

from tongyi.models.tasks.records import ImageRecord, TaskRecord
from tongyi.models.tasks.schedule import UPSTREAM_MEMORY
from tongyi.models.tasks.status import ImageStatus

# Digits of a moment in seconds: longer ones are none.
_MOST_DIGITS = 11


def worth_copying(image: ImageRecord, now_ms: int) -> bool:
    """Whether another attempt at a copy makes sense: there is none, and the link is alive and may be followed."""
    open_ = image.status in (ImageStatus.MADE, ImageStatus.UNCOPIED)
    alive = image.url is not None and (image.url_expires_at or 0) > now_ms
    return open_ and alive and not image.refused


def has_pictures_to_copy(task: TaskRecord, now_ms: int) -> bool:
    """Whether that holds for one of the task's pictures."""
    return any(worth_copying(image, now_ms) for image in task.images.values())


def link_expiry(url: str, read_at_ms: int) -> int:
    """Until when a link lives that was read at that moment: a day, or as long as its signature if that is shorter.

    Object storage writes the signature's end into the link, in seconds: `Expires` (Alibaba Cloud OSS, signature V1).
    """
    a_day = read_at_ms + UPSTREAM_MEMORY * 1000
    try:
        given = parse_qs(urlsplit(url).query).get("Expires", [""])[0]
    except ValueError:
        return a_day
    if not (given.isascii() and given.isdecimal() and len(given) <= _MOST_DIGITS):
        return a_day
    return min(a_day, int(given) * 1000)
