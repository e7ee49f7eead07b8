"""Control over HTTP: everything a test or a person may read or set under /_standin/."""

from __future__ import annotations

import re
from collections.abc import Callable
from types import MappingProxyType
from typing import Any

from local.standin.errors import ControlError
from local.standin.exchange import Reply, Request, json_reply
from local.standin.settings import number
from local.standin.world import World

_WHOLE = re.compile(r"[0-9]{1,12}")
_MOST_SECONDS = 10 * 365 * 24 * 3600.0


class Control:
    """The control functions; a mistake in a request is answered with 400 and what is wrong."""

    def __init__(self, world: World) -> None:
        self._world = world

    def answer(self, request: Request, name: str) -> Reply:
        """The reply to a control request; `name` is the path after /_standin/."""
        methods = _ROUTES.get(name)
        if methods is None:
            return json_reply(404, {"error": f"no such control; there are {', '.join(_ROUTES)}"})
        if request.method not in methods:
            message = f"{name} takes {', '.join(methods)}"
            return json_reply(405, {"error": message}, headers={"Allow": ", ".join(methods)})
        try:
            return json_reply(200, methods[request.method](self._world, request))
        except ControlError as error:
            return json_reply(400, {"error": str(error)})


def move_clock(world: World, seconds: object = None, frozen: object = None) -> dict[str, Any]:
    """Advance time by `seconds` and stop it or let it run; a bad value raises ControlError."""
    if frozen is not None and not isinstance(frozen, bool):
        raise ControlError("frozen must be true or false")
    step = 0.0 if seconds is None else number("advance", seconds)
    if step > _MOST_SECONDS:
        raise ControlError("advance must be at most ten years")
    with world.lock:
        if frozen is not None:
            world.clock.freeze(frozen)
        world.clock.advance(step)
        return {"time": world.clock.now(), "frozen": world.clock.frozen}


def add_faults(world: World, specs: object) -> list[dict[str, Any]]:
    """Add one fault (an object) or several (a list), all or none."""
    wanted: list[Any] = specs if isinstance(specs, list) else [specs]
    if not wanted or not all(isinstance(spec, dict) for spec in wanted):
        raise ControlError("a fault must be a JSON object, or a list of them")
    with world.lock:
        for spec in wanted:
            world.faults.check(spec)
        return [world.faults.add(spec).shown() for spec in wanted]


def _object(request: Request) -> dict[str, Any]:
    if not isinstance(request.json, dict):
        raise ControlError("the body must be a JSON object")
    return request.json


def _health(world: World, request: Request) -> dict[str, Any]:
    return {"status": "ok", "time": world.clock.now(), "picture_url": world.picture_origin}


def _read_ledger(world: World, request: Request) -> dict[str, Any]:
    since = request.query.get("since", "0")
    if not _WHOLE.fullmatch(since):
        raise ControlError("since must be a whole number of at least 0")
    endpoint, part = request.query.get("endpoint"), request.query.get("prompt_contains")
    return {"entries": world.ledger.read(endpoint or None, int(since), part or None)}


def _clear_ledger(world: World, request: Request) -> dict[str, Any]:
    world.ledger.clear()
    return {"cleared": True}


def _read_faults(world: World, request: Request) -> dict[str, Any]:
    return {"faults": world.faults.shown()}


def _add_faults(world: World, request: Request) -> dict[str, Any]:
    return {"faults": add_faults(world, request.json)}


def _clear_faults(world: World, request: Request) -> dict[str, Any]:
    wanted = request.query.get("id")
    if wanted is None:
        world.faults.clear()
    elif not (_WHOLE.fullmatch(wanted) and world.faults.remove(int(wanted))):
        raise ControlError(f"there is no fault with id {wanted}")
    return {"cleared": True}


def _set_clock(world: World, request: Request) -> dict[str, Any]:
    body = _object(request)
    if not body or not set(body) <= {"advance", "frozen"}:
        raise ControlError("clock takes advance (seconds) and frozen (true or false)")
    return move_clock(world, body.get("advance"), body.get("frozen"))


def _read_settings(world: World, request: Request) -> dict[str, Any]:
    return world.settings.shown()


def _change_settings(world: World, request: Request) -> dict[str, Any]:
    world.change_settings(_object(request))
    return world.settings.shown()


def _reset(world: World, request: Request) -> dict[str, Any]:
    world.reset()
    return {"reset": True}


_Handler = Callable[[World, Request], dict[str, Any]]
_ROUTES: MappingProxyType[str, dict[str, _Handler]] = MappingProxyType(
    {
        "health": {"GET": _health},
        "ledger": {"GET": _read_ledger, "DELETE": _clear_ledger},
        "faults": {"GET": _read_faults, "POST": _add_faults, "DELETE": _clear_faults},
        "clock": {"POST": _set_clock},
        "settings": {"GET": _read_settings, "PATCH": _change_settings},
        "reset": {"POST": _reset},
    }
)
