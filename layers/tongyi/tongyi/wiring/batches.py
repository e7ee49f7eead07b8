"""For files of requests, and the steps of the state machine image_file."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from tongyi import config
from tongyi.gateways import aws
from tongyi.wiring import parts
from tongyi.wiring.tasks import submit_images

if TYPE_CHECKING:
    from tongyi.gateways.dynamodb.file_table import FileTable
    from tongyi.gateways.storage.batch_bucket import Inbox
    from tongyi.usecases.batches.check_lines import CheckLines
    from tongyi.usecases.batches.read_file import ReadFile
    from tongyi.usecases.batches.report_chunk import ReportChunk
    from tongyi.usecases.batches.start_file import StartFile
    from tongyi.usecases.batches.submit_lines import SubmitLines
    from tongyi.usecases.batches.write_manifest import WriteManifest


@lru_cache(maxsize=1)
def start_file() -> StartFile:
    """For notifications of files of orders."""
    from tongyi.gateways.workflow import Workflow
    from tongyi.usecases.batches.start_file import StartFile

    arn = config.FileWorkflowSettings.from_env().state_machine_arn
    return StartFile(Workflow(aws.client("stepfunctions"), arn))


@lru_cache(maxsize=1)
def read_file() -> ReadFile:
    """For ReadFile."""
    from tongyi.usecases.batches.read_file import ReadFile

    days = config.RetentionSettings.from_env().retention_days
    return ReadFile(_inbox(), _files(), days, parts.CLOCK)


@lru_cache(maxsize=1)
def submit_lines() -> SubmitLines:
    """For SubmitLines."""
    from tongyi.usecases.batches.submit_lines import SubmitLines

    return SubmitLines(submit_images(), parts.slots(), _inbox(), _report(), parts.CLOCK)


@lru_cache(maxsize=1)
def check_lines() -> CheckLines:
    """For CheckLines."""
    from tongyi.usecases.batches.check_lines import CheckLines

    return CheckLines(_inbox(), parts.tasks(), _report())


@lru_cache(maxsize=1)
def write_manifest() -> WriteManifest:
    """For WriteManifest."""
    from tongyi.gateways.messaging.event_bus import EventBus
    from tongyi.usecases.batches.write_manifest import WriteManifest

    bus = EventBus(aws.client("events"), config.BusSettings.from_env().bus_name)
    return WriteManifest(_inbox(), _files(), bus, parts.CLOCK)


def _report() -> ReportChunk:
    from tongyi.usecases.batches.report_chunk import ReportChunk

    return ReportChunk(_inbox(), _files(), parts.CLOCK)


def _inbox() -> Inbox:
    from tongyi.gateways.storage.batch_bucket import Inbox

    return Inbox(aws.client("s3"), config.FileSettings.from_env().inbox_name)


def _files() -> FileTable:
    from tongyi.gateways.dynamodb.file_table import FileTable

    return FileTable(aws.client("dynamodb"), config.TableSettings.from_env().table_name, parts.CLOCK)
