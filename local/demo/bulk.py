"""`make demo-bulk FILE=events/bulk/prompts.jsonl`: a file of orders from start to end, on a stack of its own.

Puts the file into the inbox, follows its summary, and saves manifest, summary and pictures into out/<name>/. Exits
with 1 if the file was not seen through, or no picture came of it; single bad lines are shown and do no harm.
"""

import json
import os
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError
from rich.console import Console

from local.demo.progress import Progress, open_progress
from local.demo.steps import OUT, DemoError, Steps, keep, main, on_a_stack
from local.stack.processes import ROOT
from local.stack.stack import Stack

FILE = "events/bulk/prompts.jsonl"
# Whose folder the file is put into; the demo's key is issued to the same name.
OWNER = "demo"
# Seconds until the file is read, between two looks at it, and without any change.
READING_DEADLINE = 120
PAUSE = 0.5
PATIENCE = 1800
TOLD = ("succeeded", "failed", "canceled", "refused", "unknown")


def chosen(environment: Mapping[str, str]) -> Path:
    """The file of DEMO_FILE, seen from where make was called. Raises DemoError where there is none."""
    path = ROOT / (environment.get("DEMO_FILE") or FILE)
    if not path.is_file():
        raise DemoError(f"there is no file {path}; give one as in: make demo-bulk FILE={FILE}")
    return path


def run(path: Path, console: Console) -> None:
    """Do the whole demo. Raises DemoError, StackError, DeploymentError, ClientError, BotoCoreError."""
    steps = Steps(console)
    with on_a_stack(steps) as stack:
        inbox = Inbox(stack, f"{OWNER}/{path.name}")
        with steps.step("put the file"):
            inbox.put(path.read_bytes())
            summary = inbox.first_summary()
        with steps.step("made the pictures"), open_progress(console, summary["requests"]) as progress:
            summary = follow(inbox, progress)
        with steps.step("saved and verified them"):
            saved = save(inbox, OUT / path.stem)
    console.print(told(summary), markup=False)
    for line in saved.wrong:
        console.print(f"  {line}", markup=False)
    console.print(f"\n{saved.pictures} pictures in {saved.directory.relative_to(ROOT)}/, with manifest.jsonl")
    steps.report()
    if summary["status"] != "SUCCEEDED" or not saved.pictures:
        raise DemoError(summary.get("error", {}).get("message") or "no picture came of the file")


class Inbox:
    """A file in the stack's inbox, and what comes of it."""

    def __init__(self, stack: Stack, name: str) -> None:
        self._s3 = stack.client("s3")
        self._bucket = stack.outputs["InboxName"]
        self._pictures = stack.outputs["BucketName"]
        self._name = name

    def put(self, content: bytes) -> None:
        """Put the file where the gateway takes it."""
        self._s3.put_object(Bucket=self._bucket, Key=f"requests/{self._name}", Body=content)

    def summary(self) -> dict[str, Any] | None:
        """The summary as it is now; None before the file is read."""
        try:
            found: dict[str, Any] = json.loads(self.result("summary.json"))
        except ClientError as error:
            if error.response["Error"]["Code"] != "NoSuchKey":
                raise
            return None
        return found

    def first_summary(self) -> dict[str, Any]:
        """The summary once the file is read. Raises DemoError where it is none of orders."""
        until = time.monotonic() + READING_DEADLINE
        while (found := self.summary()) is None:
            if time.monotonic() > until:
                raise DemoError(f"the file was not read within {READING_DEADLINE} s")
            time.sleep(PAUSE)
        if found["status"] == "FAILED":
            raise DemoError(found["error"]["message"])
        return found

    def result(self, name: str) -> bytes:
        """One of the file's results."""
        return self._object(self._bucket, f"results/{self._name}/{name}")

    def picture(self, key: str) -> bytes:
        """A picture, from the bucket of the pictures."""
        return self._object(self._pictures, key)

    def _object(self, bucket: str, key: str) -> bytes:
        content: bytes = self._s3.get_object(Bucket=bucket, Key=key)["Body"].read()
        return content


def follow(inbox: Inbox, progress: Progress) -> dict[str, Any]:
    """Look at the summary until the file is done. Raises DemoError when nothing has changed for long."""
    last, until = -1, time.monotonic() + PATIENCE
    while time.monotonic() < until:
        found = inbox.summary() or {}
        done = sum(found[word] for word in TOLD)
        progress.show(found["status"], done)
        if found["status"] != "RUNNING":
            return found
        if done != last:
            last, until = done, time.monotonic() + PATIENCE
        time.sleep(PAUSE)
    raise DemoError(f"nothing has changed for {PATIENCE} s")


class Saved:
    """What was saved, and what is wrong with lines that no picture came of."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.pictures = 0
        self.wrong: list[str] = []


def save(inbox: Inbox, directory: Path) -> Saved:
    """Write the results and the pictures, named by the number of their request. Raises DemoError for a wrong one."""
    saved = Saved(directory)
    directory.mkdir(parents=True, exist_ok=True)
    manifest = inbox.result("manifest.jsonl")
    (directory / "manifest.jsonl").write_bytes(manifest)
    (directory / "summary.json").write_bytes(inbox.result("summary.json"))
    for line in map(json.loads, manifest.splitlines()):
        for picture in [found for found in line["pictures"] if "key" in found]:
            name = f"{line['number']:05d}-{picture['number']}"
            keep(inbox.picture(picture["key"]), directory / name, picture)
            saved.pictures += 1
        if "error" in line:
            saved.wrong.append(f"line {line['line']}: {line['status']}, {line['error']['message']}")
    return saved


def told(summary: Mapping[str, Any]) -> str:
    """The summary's counts in a line."""
    counts = [f"{summary[word]} {word}" for word in TOLD if summary[word]]
    return f"\n{summary['requests']} requests: {', '.join(counts)}"


if __name__ == "__main__":
    sys.exit(main(lambda: run(chosen(os.environ), Console(highlight=False, soft_wrap=True))))
