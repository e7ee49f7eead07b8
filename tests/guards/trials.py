"""Trials: tests that run without a guard, each in a process of its own that has most of what they import already."""

from __future__ import annotations

import contextlib
import importlib
import multiprocessing
import os
import sys
from collections.abc import Iterator, Sequence
from multiprocessing.connection import Connection, wait
from pathlib import Path

import pytest

from tests.guards.guards import ROOT, Guard
from tests.guards.measuring import Measured
from tests.guards.plugin import Chosen, remove

# The slower ones run when no quick one has failed, because they are few and make up histories for seconds.
QUICK_SECONDS = 1.0
# Most guards are missed by a test in the first files: the others need not even be read.
FIRST_FILES = 5
PYTEST = [
    "-q",
    "-x",
    "-p",
    "no:cacheprovider",
    "--show-capture=no",
    "-W",
    "ignore::pytest.PytestAssertRewriteWarning",
]

_forking = multiprocessing.get_context("fork")


def import_all(modules: Sequence[str]) -> None:
    """Imports what the tests import, as far as it can be imported by itself."""
    for name in modules:
        with contextlib.suppress(Exception):
            importlib.import_module(name)


def tried(guards: Sequence[Guard], by: Measured, at_once: int) -> Iterator[tuple[Guard, str]]:
    """Each guard with the test that fails without it, or with nothing."""
    lanes: list[Connection] = []
    for number in range(at_once):
        receiver, sender = _forking.Pipe(duplex=False)
        _forking.Process(target=_lane, args=(guards[number::at_once], by, sender)).start()
        sender.close()
        lanes.append(receiver)
    while lanes:
        told = wait(lanes)
        for receiver in [lane for lane in lanes if lane in told]:
            try:
                yield receiver.recv()
            except EOFError:
                lanes.remove(receiver)


def _lane(guards: Sequence[Guard], by: Measured, found: Connection) -> None:
    for guard in guards:
        noticed = (failing(stage, by, guard) for stage in _stages(guard, by))
        found.send((guard, next(filter(None, noticed), "")))


def _stages(guard: Guard, by: Measured) -> Iterator[Sequence[str]]:
    """The tests that run the guard's line and those of its module's own files, the likeliest and quickest first."""
    own = f"test_{Path(guard.path).stem}"
    wanted = by.running.get((guard.path, guard.line), set()) | {
        test for test in by.seconds if own in _file(test)
    }
    total: dict[str, float] = {}
    for test in wanted:
        total[_file(test)] = total.get(_file(test), 0) + by.seconds[test]

    def rank(test: str) -> tuple[bool, float, str, float]:
        return own not in _file(test), total[_file(test)], _file(test), by.seconds[test]

    tests = sorted(wanted, key=rank)
    quick = [test for test in tests if by.seconds[test] <= QUICK_SECONDS]
    first = list(dict.fromkeys(map(_file, quick)))[:FIRST_FILES]
    yield [test for test in quick if _file(test) in first]
    yield [test for test in quick if _file(test) not in first]
    yield [test for test in tests if by.seconds[test] > QUICK_SECONDS]


def _file(test: str) -> str:
    return test.partition("::")[0]


def failing(tests: Sequence[str], by: Measured, guard: Guard | None) -> str:
    """The test that fails, or waits for too long, without the guard."""
    if not tests:
        return ""
    receiver, sender = _forking.Pipe(duplex=False)
    trial = _forking.Process(target=_run, args=(tests, by, guard, sender))
    trial.start()
    sender.close()
    told = ""
    with contextlib.suppress(EOFError):
        while True:
            told = receiver.recv()
    trial.join()
    return told


def _run(tests: Sequence[str], by: Measured, guard: Guard | None, told: Connection) -> None:
    """Tells the name of each test that begins, and then that of the one that failed."""
    with open(os.devnull, "w") as nothing:
        os.dup2(nothing.fileno(), sys.stdout.fileno())
        os.dup2(nothing.fileno(), sys.stderr.fileno())
    os.chdir(ROOT)
    if guard:
        remove(guard)
    chosen = Chosen({test: by.seconds[test] for test in tests}, told.send)
    status = pytest.main([*PYTEST, *dict.fromkeys(map(_file, tests))], [chosen])
    passed = status in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED)
    told.send("" if passed else chosen.failed or "as the tests are read")
    os._exit(0)
