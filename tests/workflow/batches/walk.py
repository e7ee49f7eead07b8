"""Many files at once through the state machine image_file, each another way, and what became of each.

They share one gateway, so that their waits overlap; a fault belongs to a file by its name.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import boto3
import pytest
from moto.stepfunctions.parser.asl.eval.event.event_manager import EventManager

from tests.support import functions
from tests.support.files import INBOX, all_histories, look_soon, manifest, started_file, summary, wait_for_run
from tests.support.gateway import Gateway, definition, gateway
from tests.workflow.history import Step, taken, visited
from tests.workflow.interference import AT_ONCE, Interference, crowd, quicken

READ, SUBMIT, CHECK, WRITE = (
    "ReadFileFunction",
    "SubmitLinesFunction",
    "CheckLinesFunction",
    "WriteManifestFunction",
)
ORDER = '{"prompt": "a cat"}'


@dataclass(frozen=True)
class FileWay:
    """A file to put, and what is done to its functions. It has one chunk: then its children's steps are told apart."""

    content: str = ORDER
    interferences: Mapping[str, Interference] = field(default_factory=dict)


@dataclass(frozen=True)
class WalkedFile:
    """What became of a file: how its execution ended, which way it took, and what it left in the inbox."""

    run: str
    ended: str
    states: frozenset[str]
    steps: frozenset[Step]
    summary: Mapping[str, Any] | None
    manifest: Sequence[Mapping[str, Any]] | None


@dataclass(frozen=True)
class FileWalk:
    """All files by their names, and the definition they followed."""

    walked: Mapping[str, WalkedFile]
    definition: Mapping[str, Any]


def walk_files(ways: Mapping[str, FileWay]) -> FileWalk:
    """Puts a file for each name, and waits for all of them."""
    with pytest.MonkeyPatch.context() as monkeypatch, all_histories() as histories:
        quicken(monkeypatch)
        crowd(monkeypatch)
        look_soon(monkeypatch)
        with gateway(monkeypatch, AT_ONCE) as running:
            _prepare(running, monkeypatch, ways)
            runs = {name: started_file(running, key_of(name), way.content) for name, way in ways.items()}
            ended = {name: wait_for_run(running, run) for name, run in runs.items()}
            walked = {name: _walked(name, run, ended[name], histories) for name, run in runs.items()}
            return FileWalk(walked, json.loads(definition(running.names, "ImageFile")))


def key_of(name: str) -> str:
    """Where the file of that name is put."""
    return f"requests/alice/{name}" + ("" if "." in name else ".jsonl")


def _prepare(running: Gateway, monkeypatch: pytest.MonkeyPatch, ways: Mapping[str, FileWay]) -> None:
    running.standin.configure(limits={"wanx-v1": {"requests": 1000, "running": 1000}})
    interfere_with_files(
        monkeypatch,
        {
            (function, key_of(name)): interference
            for name, way in ways.items()
            for function, interference in way.interferences.items()
        },
    )


def interfere_with_files(
    monkeypatch: pytest.MonkeyPatch, faults: Mapping[tuple[str, str], Interference]
) -> None:
    """Hands calls of a function for a file to an interference; keys are (function, key of the file)."""
    real = functions.invoke
    keys: dict[str, str] = {}

    def invoke(function: str, event: Any) -> Any:
        if "key" in event:
            keys[event["run"]] = event["key"]
        fault = faults.get((function, keys.get(event.get("run", ""), "")))
        return fault(real, event) if fault else real(function, event)

    monkeypatch.setattr(functions, "invoke", invoke)


def _walked(name: str, run: str, ended: str, histories: Sequence[EventManager]) -> WalkedFile:
    all_events = [history.get_event_history() for history in histories]
    own = [events for events in all_events if run in json.dumps(events[:2], default=str)]
    key = key_of(name)
    return WalkedFile(
        run=run,
        ended=ended,
        states=frozenset(state for events in own for state in visited(events)),
        steps=frozenset(step for events in own for step in taken(events)),
        summary=summary(key) if _is_there(key, "summary.json") else None,
        manifest=manifest(key) if _is_there(key, "manifest.jsonl") else None,
    )


def _is_there(key: str, name: str) -> bool:
    found = boto3.client("s3").list_objects_v2(
        Bucket=INBOX, Prefix=f"results/{key.removeprefix('requests/')}/{name}"
    )
    return bool(found["KeyCount"])
