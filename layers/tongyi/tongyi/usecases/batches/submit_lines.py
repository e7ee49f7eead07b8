"""Makes tasks of the requests of a chunk, no faster than their models' slots come free."""

from __future__ import annotations

from collections import Counter
from math import ceil

from tongyi.clock import Clock, Deadline
from tongyi.errors import (
    IdempotencyConflict,
    InvalidRequest,
    OrderInFlight,
    QueueFull,
    UpstreamSuspended,
    WorkflowUnavailable,
)
from tongyi.gateways.dynamodb.slot_table import SlotTable
from tongyi.gateways.storage.batch_bucket import Inbox
from tongyi.models.batches.run import ChunkRef, ChunkStep, FileRequest, Outcome, RequestStatus
from tongyi.models.images.request import ImageRequest
from tongyi.models.tasks.records import Failure
from tongyi.models.webhooks.signing import signer_of_owner
from tongyi.models.workflow.payloads import Next
from tongyi.observability import count, logger
from tongyi.usecases.batches.chunk_steps import FIRST_LOOK, step_of
from tongyi.usecases.batches.report_chunk import ReportChunk
from tongyi.usecases.tasks.submit_images import SubmitImages

# Files fill a model's line up to here: whoever orders meanwhile waits for about a minute, and not for the file.
LONGEST_LINE_MS = 60_000
# Tasks that a chunk has at work at most, for each that DashScope makes at a time: it makes them in order, so these too
# are a line that others wait in.
MOST_AT_WORK = 3
# What a round may add to a line before it looks at it anew: other chunks add to it too.
MOST_ADDED_MS = 15_000
# Seconds between two rounds.
SHORTEST_WAIT = 2
LONGEST_WAIT = 300
# Seconds of a round, well within the function's limit.
MOST_SECONDS = 30.0
# Where the chunk goes before its next request may be taken, and after how many whole seconds.
Pause = tuple[Next, int]


class SubmitLines:
    """The state machine image_file's first step of a chunk, repeated until each of its requests is taken."""

    def __init__(
        self, submit: SubmitImages, slots: SlotTable, inbox: Inbox, report: ReportChunk, clock: Clock
    ) -> None:
        self._submit = submit
        self._slots = slots
        self._inbox = inbox
        self._report = report
        self._clock = clock

    def run(self, ref: ChunkRef) -> ChunkStep:
        """One round. May be repeated: a request's task is found again by its key."""
        outcomes = self._inbox.outcomes(ref.run, ref.chunk) if ref.placed else []
        requests, taken = self._inbox.requests(ref.run, ref.chunk), len(outcomes)
        pace = Pace(self._slots, self._clock, _at_work(requests, outcomes))
        deadline, pause = Deadline.after(MOST_SECONDS), None
        for request in requests[taken:]:
            pause = (Next.WAIT, SHORTEST_WAIT) if deadline.passed else self._take(request, pace, outcomes)
            if pause:
                break
        self._report.run(ref, outcomes)
        # What was just taken is looked after anew: soon first, then less and less often.
        waited = ref.waited if len(outcomes) == taken else 0
        ref = ref.model_copy(update={"placed": len(outcomes), "waited": waited})
        if pause:
            return step_of(ref, *pause)
        at_work = any(outcome.status is RequestStatus.PENDING for outcome in outcomes)
        return step_of(ref, Next.CHECK, FIRST_LOOK) if at_work else step_of(ref, Next.END)

    def _take(self, request: FileRequest, pace: Pace, outcomes: list[Outcome]) -> Pause | None:
        """Adds what becomes of the request to the outcomes; or says where the chunk goes, where it must wait."""
        try:
            message = request.checked()
            if pause := pace.pause(message.order):
                return pause
            signer = signer_of_owner(message.owner)
            placed = self._submit.place(message.order, message.owner, message.key, signer=signer)
        except (InvalidRequest, IdempotencyConflict) as error:
            refusal = Failure(code=error.code, message=error.message)
            outcomes.append(request.outcome(RequestStatus.REFUSED, error=refusal))
            count("LinesRefused")
            return None
        except (QueueFull, UpstreamSuspended) as error:
            return Next.WAIT, min(int(error.headers["Retry-After"]), LONGEST_WAIT)
        except (OrderInFlight, WorkflowUnavailable) as error:
            logger.warning("a line comes again", code=error.code)
            return Next.WAIT, SHORTEST_WAIT
        if not placed.replayed:
            pace.add(message.order)
            count("LinesTaken")
        outcomes.append(request.outcome(RequestStatus.PENDING, task_id=placed.task.task_id))
        return None


class Pace:
    """How long the models' lines are in this round, each looked up once, and how many tasks the chunk has at work."""

    def __init__(self, slots: SlotTable, clock: Clock, at_work: Counter[str]) -> None:
        self._slots = slots
        self._clock = clock
        self._at_work = at_work
        self._free: dict[str, int] = {}
        self._added: Counter[str] = Counter()

    def pause(self, order: ImageRequest) -> Pause | None:
        """What to do before the order may join its model's line; None where it may now."""
        model = order.model
        if model.running and self._at_work[model.name] >= MOST_AT_WORK * model.running:
            return Next.CHECK, FIRST_LOOK
        if model.name not in self._free:
            self._free[model.name] = self._slots.next_free(model.name) or 0
        added = self._added[model.name]
        line = max(0, self._free[model.name] - self._clock.now_ms()) + added
        if line <= LONGEST_LINE_MS and added <= MOST_ADDED_MS:
            return None
        half_way = ceil((line - LONGEST_LINE_MS / 2) / 1000)
        return Next.WAIT, max(SHORTEST_WAIT, min(half_way, LONGEST_WAIT))

    def add(self, order: ImageRequest) -> None:
        """Counts an order that has just joined, and has no slot yet."""
        calls = ceil(order.n / order.model.images_per_call)
        self._added[order.model.name] += calls * order.model.rate.spacing_ms
        self._at_work[order.model.name] += 1


def _at_work(requests: list[FileRequest], outcomes: list[Outcome]) -> Counter[str]:
    """How many tasks of each model the chunk has that have not ended, as it was last seen."""
    pairs = zip(requests, outcomes, strict=False)
    return Counter(
        request.checked().order.model.name
        for request, outcome in pairs
        if outcome.status is RequestStatus.PENDING
    )
