"""How the demos show their progress: a bar on a terminal, plain lines otherwise."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars


class Progress(Protocol):
    """Shows how far something is."""

    def show(self, status: str, done: int) -> None:
        """Show a word for how it stands, and how much of it is done."""


@contextmanager
def open_progress(console: Console, total: int) -> Iterator[Progress]:
    """The way of showing progress that suits the console, for something of this many parts."""
    if not console.is_terminal:
        yield _Lines(console, total)
        return
    columns = (SpinnerColumn(), TextColumn("{task.description:<9}"), BarColumn(), MofNCompleteColumn())
    with Bars(*columns, TimeElapsedColumn(), console=console) as bars:
        yield _Bar(bars, total)


class _Bar:
    def __init__(self, bars: Bars, total: int) -> None:
        self._bars = bars
        self._task = bars.add_task("PENDING", total=total)

    def show(self, status: str, done: int) -> None:
        self._bars.update(self._task, description=status, completed=done)


class _Lines:
    """A line for each change, so that a log stays short."""

    def __init__(self, console: Console, total: int) -> None:
        self._console = console
        self._total = total
        self._started = time.monotonic()
        self._last = ""

    def show(self, status: str, done: int) -> None:
        line = f"{status} {done}/{self._total}"
        if line != self._last:
            self._console.print(f"{time.monotonic() - self._started:6.1f} s  {line}")
            self._last = line
