"""The stand-in as one object: two servers, and the functions a test scripts it with."""

from __future__ import annotations

from collections.abc import Iterable
from types import TracebackType
from typing import Any, Self

from local.standin.api import ApiHost
from local.standin.control import add_faults, move_clock
from local.standin.http_host import HttpHost
from local.standin.image_host import PictureHost
from local.standin.images.uploads import MEGABYTE, MOST_MEGABYTES
from local.standin.ledger import Entry
from local.standin.settings import Settings
from local.standin.world import World

# The largest file, and room for one byte more and the rest of the form.
_MOST_UPLOAD = (MOST_MEGABYTES + 1) * MEGABYTE


class StandIn:
    """DashScope played on 127.0.0.1.

        with StandIn(keys=["a-key"], pending_seconds=0, seconds_per_image=0) as standin:
            requests.post(standin.url + "/api/v1/…")

    Port 0 means a free one. Without keys, any key is let in. `frozen` stops the clock, so that only
    `advance` moves time. Bad arguments raise ControlError, a port in use OSError.
    """

    def __init__(
        self,
        keys: Iterable[str] = (),
        *,
        pending_seconds: float = 1.0,
        seconds_per_image: float = 0.5,
        port: int = 0,
        picture_port: int = 0,
        frozen: bool = False,
    ) -> None:
        self._world = World(Settings.create(keys, pending_seconds, seconds_per_image), frozen=frozen)
        self._api = HttpHost(port, ApiHost(self._world).answer, self._world.pause)
        try:
            self._pictures = HttpHost(
                picture_port, PictureHost(self._world).answer, self._world.pause, _MOST_UPLOAD
            )
        except OSError:
            self._api.server_close()
            raise
        self._world.picture_origin = self._pictures.origin

    @property
    def url(self) -> str:
        """The origin of the API and of the control functions."""
        return self._api.origin

    @property
    def picture_url(self) -> str:
        """The origin of the pictures."""
        return self._pictures.origin

    def start(self) -> Self:
        """Start answering; returns itself."""
        self._api.start()
        self._pictures.start()
        return self

    def stop(self) -> None:
        """Stop answering; what is being delayed is let go."""
        self._world.close()
        self._api.stop()
        self._pictures.stop()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def ledger(
        self, endpoint: str | None = None, since: int = 0, prompt_contains: str | None = None
    ) -> list[Entry]:
        """The calls so far, oldest first."""
        return self._world.ledger.read(endpoint, since, prompt_contains)

    def clear_ledger(self) -> None:
        """Drop the ledger's entries; numbering goes on."""
        self._world.ledger.clear()

    def add_fault(self, endpoint: str, kind: str, **options: Any) -> int:
        """Script a fault, with the fields of its JSON as arguments; returns its id."""
        added = add_faults(self._world, {"endpoint": endpoint, "kind": kind, **options})
        return int(added[0]["id"])

    def faults(self) -> list[dict[str, Any]]:
        """The faults, with how often each was used and may still be."""
        return self._world.faults.shown()

    def clear_faults(self) -> None:
        """Drop every fault."""
        self._world.faults.clear()

    def now(self) -> float:
        """The stand-in's time in epoch seconds."""
        return self._world.clock.now()

    def advance(self, seconds: float) -> None:
        """Move the stand-in's time forward."""
        move_clock(self._world, seconds)

    def freeze(self, frozen: bool = True) -> None:
        """Stop the stand-in's time, or let it run again."""
        move_clock(self._world, frozen=frozen)

    def configure(self, **settings: Any) -> None:
        """Change settings: pending_seconds, seconds_per_image, keys (a list), limits (rows)."""
        self._world.change_settings(settings)

    def reset(self) -> None:
        """Forget everything: tasks, uploads, rates, faults, ledger, clock and changed settings."""
        self._world.reset()
