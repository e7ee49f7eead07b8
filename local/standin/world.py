"""Everything the stand-in remembers, in one place, behind one lock."""

from __future__ import annotations

import random
import threading
from collections.abc import Mapping
from typing import Any

from local.standin.clock import Clock
from local.standin.faults.script import FaultBook
from local.standin.images.gallery import Gallery
from local.standin.images.links import LinkSigner
from local.standin.images.uploads import UploadStore
from local.standin.ledger import Ledger
from local.standin.settings import Settings
from local.standin.tasks.limits import RateBook
from local.standin.tasks.schedule import TaskStore


class World:
    """The state that both servers and the control functions share.

    `lock` is re-entrant and also guards the parts; hold it to do several things as one.
    """

    def __init__(self, settings: Settings, *, frozen: bool = False) -> None:
        self.lock = threading.RLock()
        self.clock = Clock(frozen=frozen)
        self.settings = settings
        self.tasks = TaskStore(self.lock)
        self.uploads = UploadStore(self.lock)
        self.rates = RateBook()
        self.faults = FaultBook(self.lock)
        self.ledger = Ledger(self.lock)
        self.signer = LinkSigner()
        self.gallery = Gallery()
        self.dice = random.Random()
        self.picture_origin = ""
        self._closing = threading.Event()
        self._first_settings = settings

    def pause(self, seconds: float) -> None:
        """Wait in real time, but not beyond the end of the servers."""
        self._closing.wait(seconds)

    def close(self) -> None:
        """Wake everything that pauses."""
        self._closing.set()

    def change_settings(self, changes: Mapping[str, Any]) -> None:
        """Replace some settings; they hold for what arrives from now on."""
        with self.lock:
            self.settings = self.settings.patched(changes)

    def reset(self) -> None:
        """Back to the state at the start: tasks, uploads, rates, faults, ledger, clock and settings."""
        with self.lock:
            self.settings = self._first_settings
            self.tasks.clear()
            self.uploads.clear()
            self.rates.clear()
            self.faults.clear()
            self.ledger.reset()
            self.clock.reset()
