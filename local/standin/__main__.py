"""`python -m local.standin`: run the stand-in until SIGTERM or SIGINT."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from local.standin.errors import ControlError
from local.standin.server import StandIn


def main(arguments: Sequence[str] | None = None) -> int:
    """Run until a signal; 0 after a clean end, 2 when it cannot start."""
    options = _parser().parse_args(arguments)
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    try:
        standin = StandIn(
            [*options.key, *_keys_from_environment()],
            pending_seconds=options.pending_seconds,
            seconds_per_image=options.seconds_per_image,
            port=options.port,
            picture_port=options.picture_port,
        )
    except (ControlError, OSError) as error:
        print(f"standin: {error}", file=sys.stderr)
        return 2
    with standin:
        _announce(standin, options.ready_file)
        ended.wait()
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m local.standin", description="A stand-in for DashScope.")
    parser.add_argument("--port", type=int, default=0, help="port of the API (0: a free one)")
    parser.add_argument("--picture-port", type=int, default=0, help="port of the pictures (0: a free one)")
    parser.add_argument("--key", action="append", default=[], help="an accepted key; may be repeated")
    parser.add_argument("--pending-seconds", type=float, default=1.0, help="time a task waits before it runs")
    parser.add_argument("--seconds-per-image", type=float, default=0.5, help="time a task runs per picture")
    parser.add_argument("--ready-file", type=Path, help="where to write the line that is printed when ready")
    parser.epilog = (
        "Keys may also come from STANDIN_KEYS, separated by commas. Without any, every key is let in."
    )
    return parser


def _keys_from_environment() -> list[str]:
    return [key.strip() for key in os.environ.get("STANDIN_KEYS", "").split(",") if key.strip()]


def _announce(standin: StandIn, ready_file: Path | None) -> None:
    line = json.dumps({"url": standin.url, "picture_url": standin.picture_url, "pid": os.getpid()})
    if ready_file:
        # Renamed into place, so that whoever waits for the file never reads half of it.
        unfinished = ready_file.with_name(f"{ready_file.name}.{os.getpid()}")
        unfinished.write_text(line + "\n", encoding="utf-8")
        unfinished.replace(ready_file)
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
