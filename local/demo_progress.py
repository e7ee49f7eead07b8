"""How the demo shows a task's progress: a bar on a terminal, plain lines otherwise."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Protocol

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars


class Progress(Protocol):
    """Shows the part of a reply about its task."""

    def show(self, output: Mapping[str, Any]) -> None:
        """Show how far the task is."""


def finished(output: Mapping[str, Any]) -> int:
    """How many pictures are done, well or not."""
    metrics = output.get("task_metrics") or {}
    return int(metrics.get("SUCCEEDED", 0)) + int(metrics.get("FAILED", 0))


@contextmanager
def open_progress(console: Console, total: int) -> Iterator[Progress]:
    """The way of showing progress that suits the console, for this many pictures."""
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

    def show(self, output: Mapping[str, Any]) -> None:
        self._bars.update(self._task, description=output["task_status"], completed=finished(output))


class _Lines:
    """A line for each change, so that a log stays short."""

    def __init__(self, console: Console, total: int) -> None:
        self._console = console
        self._total = total
        self._started = time.monotonic()
        self._last = ""

    def show(self, output: Mapping[str, Any]) -> None:
        line = f"{output['task_status']} {finished(output)}/{self._total}"
        if line != self._last:
            self._console.print(f"{time.monotonic() - self._started:6.1f} s  {line}")
            self._last = line
