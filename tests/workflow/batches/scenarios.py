"""The ways through the state machine image_file, each named after the file that takes it."""

from __future__ import annotations

from typing import Any

from tests.workflow.batches.walk import CHECK, READ, SUBMIT, WRITE, FileWay
from tests.workflow.interference import Crash, Run


class Once:
    """Answers the first call with where to go next, in place of its work."""

    def __init__(self, function: str, **answer: Any) -> None:
        self._function = function
        self._answer: dict[str, Any] | None = answer

    def __call__(self, run: Run, event: Any) -> Any:
        answer, self._answer = self._answer, None
        return {**event, **answer} if answer else run(self._function, event)


def no_chunks(run: Run, event: Any) -> Any:
    """A file that was read, and nothing to go through."""
    return {name: value for name, value in run(READ, event).items() if name != "chunks"}


WAYS: dict[str, FileWay] = {
    "succeeds": FileWay(),
    "is none.txt": FileWay(),
    "holds no order": FileWay("none"),
    "waits for the line": FileWay(interferences={SUBMIT: Once(SUBMIT, next="wait", wait_seconds=0)}),
    "is looked at again": FileWay(interferences={CHECK: Once(CHECK, next="check", wait_seconds=0)}),
    "takes the rest later": FileWay(interferences={CHECK: Once(CHECK, next="submit", wait_seconds=0)}),
    "has no chunks": FileWay(interferences={READ: no_chunks}),
    **{
        f"crashes once in {name}": FileWay(interferences={function: Crash(function, times=1)})
        for name, function in (("read", READ), ("submit", SUBMIT), ("check", CHECK), ("write", WRITE))
    },
    **{
        f"crashes in {name}": FileWay(interferences={function: Crash(function)})
        for name, function in (("read", READ), ("submit", SUBMIT), ("check", CHECK), ("write", WRITE))
    },
}
