"""Removes the package's guards one by one, and sees whether a test fails: `make guards`.

Each is tried with the tests that run its line, and with those of its module's own files: the quick ones first, and
where none of the unit suite fails, those of the slower suites. The tests that failed must pass when nothing is removed.
Guards that no test misses are compared with `unmissed.toml`, which has a reason for each; they are tried with the unit
suite only. `GUARDS_MEASURED` names a folder that keeps which tests run which lines for the next time (after a change
of the package or of its tests it must be emptied).
"""

from __future__ import annotations

import os
import sys
import tempfile
import tomllib
from collections.abc import Iterable
from pathlib import Path

from tests.guards.guards import Guard, guards
from tests.guards.measuring import Measured, measured
from tests.guards.trials import failing, import_all, tried

UNMISSED = Path(__file__).with_name("unmissed.toml")
SUITES = {"unit": ["tests/unit/tongyi"], "slower": ["tests/integration", "tests/workflow"]}


def main(wanted: Iterable[str]) -> int:
    """Prints what is not missed, and says by its exit status whether that is just what is listed."""
    chosen = [guard for guard in guards() if _is_wanted(guard, set(wanted))]
    listed = set(tomllib.loads(UNMISSED.read_text(encoding="utf-8")).get("unmissed", {}))
    left, wrong = set(chosen), list[str]()
    with tempfile.TemporaryDirectory() as folder:
        kept = Path(os.environ.get("GUARDS_MEASURED") or folder)
        for name, suites in SUITES.items():
            trying = [
                guard for guard in chosen if guard in left and (name == "unit" or guard.name not in listed)
            ]
            if trying:
                missed, unfit = _missed(trying, measured(suites, kept, name))
                left -= missed
                wrong += unfit
            print(f"{len(chosen) - len(left)} of {len(chosen)} guards are missed by a test", flush=True)
    names = {guard.name for guard in left}
    wrong += [f"not missed: {name}" for name in sorted(names - listed)]
    wrong += [
        f"listed, but missed: {name}" for name in sorted(listed & {guard.name for guard in chosen} - names)
    ]
    print(*wrong, sep="\n", end="\n" if wrong else "")
    return 1 if wrong else 0


def _is_wanted(guard: Guard, paths: set[str]) -> bool:
    return not paths or any(path in guard.path for path in paths)


def _missed(trying: list[Guard], by: Measured) -> tuple[set[Guard], list[str]]:
    """The guards that a test misses, and what is wrong with that: a test that fails anyway misses nothing."""
    import_all(by.modules)
    missed, noticing = set(), set()
    for guard, test in tried(trying, by, int(os.environ.get("GUARDS_AT_ONCE") or os.cpu_count() or 1)):
        print(f"{guard.path}:{guard.line} {guard.text!r} {guard.operand}: {test or 'NOT MISSED'}", flush=True)
        if test:
            missed.add(guard)
            noticing.add(test)
    unfit = failing(sorted(noticing & set(by.seconds)), by, None)
    return missed, [f"fails when nothing is removed, too: {unfit}"] if unfit else []


if __name__ == "__main__":
    sys.exit(main(os.environ.get("GUARDS_IN", "").split()))
