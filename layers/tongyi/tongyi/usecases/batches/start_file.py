"""Starts the work on a file of orders, once for each version of it."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import unquote_plus

from tongyi.gateways.workflow import Workflow
from tongyi.models.batches.run import REQUESTS, FileRef, run_name
from tongyi.observability import count, logger


class StartFile:
    """What becomes of a notification of S3's."""

    def __init__(self, workflow: Workflow) -> None:
        self._workflow = workflow

    def run(self, text: str) -> list[str]:
        """The runs that the notification begins, or has begun before; none for what is no file.

        Raises WorkflowUnavailable, after which it should come again; and ValueError or KeyError for what is no
        notification of S3's, which ends among the dead letters.
        """
        notification: dict[str, Any] = json.loads(text)
        if notification.get("Event") == "s3:TestEvent":
            # Sent once, when the bucket is told to notify.
            return []
        return [self._start(record["s3"]) for record in notification["Records"] if _is_file(record["s3"])]

    def _start(self, stored: dict[str, Any]) -> str:
        bucket, found = stored["bucket"]["name"], stored["object"]
        key, version = unquote_plus(found["key"]), found.get("versionId")
        # Without versions, the time that the sequencer stands for tells two files of one name apart.
        run = run_name(bucket, key, version or f"{found.get('sequencer')} {found.get('eTag')}")
        # Of two, S3 has the shorter filled up with zeros on its right before they are compared.
        sequence = str(found.get("sequencer", "")).ljust(32, "0")
        self._workflow.start(FileRef(run=run, key=key, version=version, sequence=sequence))
        count("FilesTaken")
        logger.info("a file was taken", run=run)
        return run


def _is_file(stored: dict[str, Any]) -> bool:
    """Consoles make folders by putting empty objects whose keys end in a slash."""
    key = unquote_plus(stored["object"]["key"])
    return bool(key.startswith(REQUESTS) and not key.endswith("/"))
