"""What the demos have in common: a stack of their own, steps that are timed, files in out/, and how they fail."""

import hashlib
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import requests
from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console

from local.demo.gateway_client import RefusedError
from local.stack.deployment import DeploymentError
from local.stack.processes import ROOT, exit_on_signals
from local.stack.stack import Stack, StackError

OUT = ROOT / "out"
LOCAL = ROOT / ".local"
SUFFIXES = {"image/png": "png", "image/jpeg": "jpg", "image/webp": "webp"}


class DemoError(Exception):
    """Raised when the demo did not get what it asked for; the message says what came instead."""


@dataclass
class Steps:
    """What was done and how long it took, in seconds, in order."""

    console: Console
    done: list[tuple[str, float]] = field(default_factory=list)

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Time a step; one that fails is not listed."""
        started = time.monotonic()
        yield
        self.done.append((name, time.monotonic() - started))

    def report(self) -> None:
        """Print the list."""
        self.console.print()
        for name, seconds in self.done:
            self.console.print(f"{name:<28}{seconds:7.1f} s")


@contextmanager
def on_a_stack(steps: Steps) -> Iterator[Stack]:
    """A stack for this demo alone, stopped at the end. Raises StackError or DeploymentError."""
    LOCAL.mkdir(exist_ok=True)
    with (
        TemporaryDirectory(prefix="demo-", dir=LOCAL, ignore_cleanup_errors=True) as directory,
        ExitStack() as end,
    ):
        with steps.step("started the stack"):
            say = partial(steps.console.print, style="dim", markup=False)
            stack = end.enter_context(Stack(Path(directory), environment=os.environ, say=say))
        yield stack
        with steps.step("stopped the stack"):
            end.close()


def keep(content: bytes, path: Path, told: Mapping[str, Any]) -> Path:
    """Write a picture to `path` and its type's suffix. Raises DemoError if its bytes are not those that are told of."""
    if hashlib.sha256(content).hexdigest() != told["sha256"]:
        raise DemoError(f"{path.name} is not the picture that was told of: its SHA-256 differs")
    path.parent.mkdir(parents=True, exist_ok=True)
    path = path.with_name(f"{path.name}.{SUFFIXES[told['content_type']]}")
    path.write_bytes(content)
    return path


def main(run: Callable[[], None]) -> int:
    """Run a demo, and give its exit code; failures are told on standard error."""
    exit_on_signals()
    try:
        run()
    except (
        DemoError,
        RefusedError,
        StackError,
        DeploymentError,
        requests.RequestException,
        BotoCoreError,
        ClientError,
    ) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0
