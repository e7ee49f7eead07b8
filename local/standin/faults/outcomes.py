"""Carrying a fault out: what it makes of a call's work and of its reply."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from local.standin.errors import UpstreamError
from local.standin.exchange import Pace, Reply, json_reply
from local.standin.faults.script import Fault
from local.standin.images.gallery import corrupted

NO_JSON = b"<html><body><h1>502 Bad Gateway</h1></body></html>"
NO_PICTURE = b"this is not a picture, whatever its type may say\n" * 40

Work = Callable[[], Reply]


def carry_out(
    fault: Fault | None,
    work: Work,
    *,
    pause: Callable[[float], None],
    refuse: Callable[[UpstreamError], Reply],
    garbage: bytes = NO_JSON,
) -> Reply | None:
    """Do the work, or not, and return the reply the fault leaves; None means: hang up.

    `pause` waits real seconds, `refuse` puts an error into the server's own format, `garbage` is what
    the server sends in place of what was asked for.
    """
    if fault is None:
        return work()
    options = fault.options
    match fault.kind:
        case "delay":
            return _delayed(work, pause, options["seconds"], options["after"])
        case "drip":
            return replace(work(), pace=Pace(options["bytes"], options["interval"]))
        case "truncate":
            return replace(work(), cut=True)
        case "garbage":
            return _with_body(work(), garbage)
        case "corrupt":
            reply = work()
            return _with_body(reply, corrupted(reply.body))
        case _:
            if options["after"]:
                work()
            return _instead(fault, refuse)


def _delayed(work: Work, pause: Callable[[float], None], seconds: float, after: bool) -> Reply:
    if not after:
        pause(seconds)
    reply = work()
    if after:
        pause(seconds)
    return reply


def _with_body(reply: Reply, body: bytes) -> Reply:
    # A refusal stays what it is: only what would have been a good answer is spoilt.
    return replace(reply, body=body) if reply.status == 200 else reply


def _instead(fault: Fault, refuse: Callable[[UpstreamError], Reply]) -> Reply | None:
    options = fault.options
    if fault.kind == "drop":
        return None
    if fault.kind == "redirect":
        return Reply(options["status"], b"", {"Location": options["location"]})
    if fault.kind == "body":
        content = options["json"]
        return json_reply(options["status"], content, code=_code_in(content), headers=options["headers"])
    return refuse(UpstreamError(options["status"], options["code"], options["message"], options["headers"]))


def _code_in(content: object) -> str | None:
    if not isinstance(content, dict):
        return None
    inner = content.get("error")
    code = inner.get("code") if isinstance(inner, dict) else content.get("code")
    return code if isinstance(code, str) else None
