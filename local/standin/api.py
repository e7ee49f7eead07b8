"""The API host: what happens to a call from its arrival to its reply."""

from __future__ import annotations

import sys
import traceback
import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from local.standin.control import Control
from local.standin.dialects import NATIVE, Dialect
from local.standin.endpoints.routing import Call, Endpoint, Subject
from local.standin.endpoints.table import find_endpoint
from local.standin.errors import BAD_URL, UpstreamError, invalid_key, invalid_parameter, rate_exceeded
from local.standin.exchange import Reply, Request, json_reply
from local.standin.faults.outcomes import carry_out
from local.standin.faults.script import Taken
from local.standin.ledger import Entry
from local.standin.settings import fingerprint
from local.standin.world import World

_CONTROL = "/_standin/"


@dataclass(frozen=True)
class Arrival:
    """What was decided the moment a call arrived."""

    call: Call
    handle: Callable[[World, Call], dict[str, Any]]
    dialect: Dialect
    entry: Entry
    refusal: UpstreamError | None
    taken: Taken


class ApiHost:
    """Answers upstream calls, and control calls under /_standin/."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._control = Control(world)

    def answer(self, request: Request) -> Reply | None:
        """The reply to a request, or None to hang up without one."""
        if request.path.startswith(_CONTROL):
            return self._control.answer(request, request.path.removeprefix(_CONTROL))
        arrival = self._arrive(request)
        reply = self._outcome(arrival)
        if reply is None:
            return None
        call = arrival.call
        self._world.ledger.note(arrival.entry, status=reply.status, code=reply.code, task_id=call.task_id)
        return replace(reply, headers={"X-Request-Id": call.request_id, **reply.headers})

    def _arrive(self, request: Request) -> Arrival:
        found = find_endpoint(request)
        endpoint, params = found or (None, {})
        _ = request.json  # parsed before the lock is taken
        # One lock for all of it: the ledger's order, the times in it and the rates must agree.
        with self._world.lock:
            now = self._world.clock.now()
            key = _bearer(request)
            call = Call(request, str(uuid.uuid4()), now, fingerprint(key) if key else "", params)
            subject = endpoint.subject(self._world, call) if endpoint else Subject()
            refusal = self._refusal(endpoint, subject, call, key)
            taken = Taken()
            if endpoint and refusal is None:
                scope = f"{call.key}|{subject.prompt}"
                taken = self._world.faults.take(endpoint.name, subject.prompt, scope)
            call.task_id, call.task_fault = subject.task_id, taken.task
            entry = self._enter(call, endpoint, subject, taken)
        if endpoint is None:
            return Arrival(call, _nowhere, NATIVE, entry, refusal, taken)
        return Arrival(call, endpoint.handle, endpoint.dialect, entry, refusal, taken)

    def _enter(self, call: Call, endpoint: Endpoint | None, subject: Subject, taken: Taken) -> Entry:
        return self._world.ledger.open(
            time=call.arrived,
            endpoint=endpoint.name if endpoint else None,
            method=call.request.method,
            path=call.request.path,
            request_id=call.request_id,
            task_id=subject.task_id,
            model=subject.model,
            prompt=subject.prompt,
            key=call.key or None,
            fault=taken.kinds,
            body=call.request.json,
        )

    def _refusal(
        self, endpoint: Endpoint | None, subject: Subject, call: Call, key: str | None
    ) -> UpstreamError | None:
        if endpoint is None:
            return None
        if key is None or not self._world.settings.accepts(key):
            return invalid_key()
        limit = self._world.settings.limits.get(subject.limit_row or "")
        if limit and not self._world.rates.admit(call.key, str(subject.limit_row), limit, call.arrived):
            return rate_exceeded()
        return None

    def _outcome(self, arrival: Arrival) -> Reply | None:
        if arrival.refusal:
            return _refused(arrival, arrival.dialect.own(arrival.refusal))
        return carry_out(
            arrival.taken.answer,
            lambda: self._work(arrival),
            pause=self._world.pause,
            refuse=lambda error: _refused(arrival, error),
        )

    def _work(self, arrival: Arrival) -> Reply:
        call = arrival.call
        try:
            payload = arrival.handle(self._world, call)
        except UpstreamError as error:
            return _refused(arrival, arrival.dialect.own(error))
        except Exception:
            # A defect of the stand-in itself: shown where it runs, and not mistaken for a scripted error.
            traceback.print_exc(file=sys.stderr)
            return _refused(arrival, UpstreamError(500, "StandInDefect", "See the stand-in's log."))
        self._world.ledger.note(arrival.entry, task_id=call.task_id, images=call.images)
        return json_reply(200, arrival.dialect.accepted(payload, call.request_id))


def _nowhere(world: World, call: Call) -> dict[str, Any]:
    raise invalid_parameter(BAD_URL)


def _refused(arrival: Arrival, error: UpstreamError) -> Reply:
    payload = arrival.dialect.refused(error, arrival.call.request_id)
    return json_reply(error.status, payload, code=error.code, headers=error.headers)


def _bearer(request: Request) -> str | None:
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    return key.strip() if scheme.lower() == "bearer" and key.strip() else None
