"""The picture host, which plays object storage: signed downloads, and uploads under a policy."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from email.utils import formatdate
from xml.sax.saxutils import escape

from local.standin.errors import StorageError, UpstreamError
from local.standin.exchange import Reply, Request
from local.standin.faults.outcomes import NO_JSON, NO_PICTURE, carry_out
from local.standin.faults.script import Taken
from local.standin.images.forms import read_form
from local.standin.images.links import PictureName, read_path
from local.standin.ledger import Entry
from local.standin.tasks.schedule import Task
from local.standin.world import World

_DOWNLOADS = "dashscope-result-bj.oss-cn-beijing.aliyuncs.com"
_UPLOADS = "dashscope-file-mgr.oss-cn-beijing.aliyuncs.com"
_SUCCESS = ("200", "201", "204")


@dataclass(frozen=True)
class Visit:
    """What was decided the moment a request arrived; `host` is the name of the bucket that is played."""

    entry: Entry
    taken: Taken
    work: Callable[[], Reply]
    garbage: bytes
    host: str


class PictureHost:
    """Answers GET and HEAD for pictures of tasks and of work answered at once, and POST of files."""

    def __init__(self, world: World) -> None:
        self._world = world

    def answer(self, request: Request) -> Reply | None:
        """The reply to a download or an upload, or None to hang up without one."""
        request_id = uuid.uuid4().hex[:24].upper()
        uploads = request.method == "POST" and request.path == "/"
        visit = self._upload(request, request_id) if uploads else self._download(request, request_id)

        def refuse(error: UpstreamError) -> Reply:
            return _refused(error, request_id, visit.host)

        def work() -> Reply:
            try:
                return visit.work()
            except StorageError as error:
                return refuse(error)

        reply = carry_out(
            visit.taken.answer, work, pause=self._world.pause, refuse=refuse, garbage=visit.garbage
        )
        if reply is None:
            return None
        self._world.ledger.note(visit.entry, status=reply.status, code=reply.code)
        headers = {"Server": "AliyunOSS", "x-oss-request-id": request_id, "X-Request-Id": request_id}
        return replace(reply, headers={**headers, **reply.headers})

    def _download(self, request: Request, request_id: str) -> Visit:
        world, name = self._world, read_path(request.path)
        with world.lock:
            task = world.tasks.painter(name.task_id) if name else None
            taken = world.faults.take("picture", task.order.prompt if task else None, request.path)
            entry = self._enter("picture", request, request_id, taken, task)
        return Visit(entry, taken, lambda: self._picture(request, name, task), NO_PICTURE, _DOWNLOADS)

    def _upload(self, request: Request, request_id: str) -> Visit:
        with self._world.lock:
            taken = self._world.faults.take("upload", None, request.path)
            entry = self._enter("upload", request, request_id, taken, None)
        return Visit(entry, taken, lambda: self._receive(request, entry), NO_JSON, _UPLOADS)

    def _enter(
        self, endpoint: str, request: Request, request_id: str, taken: Taken, task: Task | None
    ) -> Entry:
        return self._world.ledger.open(
            time=self._world.clock.now(),
            endpoint=endpoint,
            method=request.method,
            path=request.path,
            request_id=request_id,
            task_id=task.id if task else None,
            model=task.order.model if task else None,
            prompt=task.order.prompt if task else None,
            fault=taken.kinds,
        )

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

    def _receive(self, request: Request, entry: Entry) -> Reply:
        form, world = read_form(request), self._world
        now = world.clock.now()
        grant = world.uploads.granted(form.fields, now)
        world.ledger.note(entry, model=grant.model, key=grant.key)
        world.uploads.keep(grant, form, now)
        wanted = form.fields.get("success_action_status")
        return Reply(int(wanted) if wanted in _SUCCESS else 204)


def _has_picture(task: Task, index: int) -> bool:
    fate = task.fate
    ended_well = fate.failure is None and fate.stuck is None and task.canceled is None
    return ended_well and index < task.order.n and index not in fate.failed_images


def _refused(error: UpstreamError, request_id: str, host: str) -> Reply:
    details = error.details if isinstance(error, StorageError) else {}
    parts = {"Code": error.code, "Message": error.message, "RequestId": request_id, "HostId": host}
    lines = [f"  <{tag}>{escape(text)}</{tag}>" for tag, text in {**parts, **details}.items()]
    document = "\n".join(['<?xml version="1.0" encoding="UTF-8"?>', "<Error>", *lines, "</Error>", ""])
    headers = {"Content-Type": "application/xml", **error.headers}
    return Reply(error.status, document.encode(), headers, error.code)
