"""The picture host: signed downloads from what looks like object storage."""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import replace
from email.utils import formatdate
from xml.sax.saxutils import escape

from .errors import StorageError, UpstreamError
from .exchange import Reply, Request
from .faults import Taken
from .ledger import Entry
from .links import PictureName, read_path
from .outcomes import NO_PICTURE, carry_out
from .tasks import Task
from .world import World

_HOST_ID = "dashscope-result-bj.oss-cn-beijing.aliyuncs.com"


class PictureHost:
    """Answers GET and HEAD for pictures of tasks, and of work answered at once."""

    def __init__(self, world: World) -> None:
        self._world = world

    def answer(self, request: Request) -> Reply | None:
        """The reply to a download, or None to hang up without one."""
        world, request_id = self._world, uuid.uuid4().hex[:24].upper()
        name = read_path(request.path)
        with world.lock:
            task = world.tasks.painter(name.task_id) if name else None
            taken = world.faults.take("picture", task.order.prompt if task else None, request.path)
            entry = self._enter(request, request_id, task, taken)
        reply = carry_out(
            taken.answer,
            lambda: self._download(request, name, task, request_id),
            pause=world.pause,
            refuse=lambda error: _refused(error, request_id),
            garbage=NO_PICTURE,
        )
        if reply is None:
            return None
        world.ledger.note(entry, status=reply.status, code=reply.code)
        headers = {"Server": "AliyunOSS", "x-oss-request-id": request_id, "X-Request-Id": request_id}
        return replace(reply, headers={**headers, **reply.headers})

    def _enter(self, request: Request, request_id: str, task: Task | None, taken: Taken) -> Entry:
        return self._world.ledger.open(
            time=self._world.clock.now(),
            endpoint="picture",
            method=request.method,
            path=request.path,
            request_id=request_id,
            task_id=task.id if task else None,
            model=task.order.model if task else None,
            prompt=task.order.prompt if task else None,
            fault=taken.kinds,
        )

    def _download(
        self, request: Request, name: PictureName | None, task: Task | None, request_id: str
    ) -> Reply:
        try:
            return self._picture(request, name, task)
        except StorageError as error:
            return _refused(error, request_id)

    def _picture(self, request: Request, name: PictureName | None, task: Task | None) -> Reply:
        if request.method not in ("GET", "HEAD"):
            message = "The specified method is not allowed against this resource."
            raise StorageError(405, "MethodNotAllowed", message)
        if name is None or task is None or not _has_picture(task, name.index):
            raise StorageError(404, "NoSuchKey", "The specified key does not exist.", Key=request.path[1:])
        self._world.signer.verify(request.path, request.query, self._world.clock.now())
        order = task.order
        png = self._world.gallery.picture(order.seed + name.index, order.style, order.size)
        headers = {
            "Content-Type": "image/png",
            "ETag": f'"{hashlib.md5(png, usedforsecurity=False).hexdigest().upper()}"',
            "Last-Modified": formatdate(task.ends, usegmt=True),
        }
        return Reply(200, png, headers)


def _has_picture(task: Task, index: int) -> bool:
    fate = task.fate
    ended_well = fate.failure is None and fate.stuck is None and task.canceled is None
    return ended_well and index < task.order.n and index not in fate.failed_images


def _refused(error: UpstreamError, request_id: str) -> Reply:
    details = error.details if isinstance(error, StorageError) else {}
    parts = {"Code": error.code, "Message": error.message, "RequestId": request_id, "HostId": _HOST_ID}
    lines = [f"  <{tag}>{escape(text)}</{tag}>" for tag, text in {**parts, **details}.items()]
    document = "\n".join(['<?xml version="1.0" encoding="UTF-8"?>', "<Error>", *lines, "</Error>", ""])
    headers = {"Content-Type": "application/xml", **error.headers}
    return Reply(error.status, document.encode(), headers, error.code)
