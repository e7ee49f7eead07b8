"""Makes tasks of the requests of a chunk, no faster than their models' slots come free."""

from __future__ import annotations

from collections import Counter
from math import ceil

from tongyi.clock import Clock, Deadline
from tongyi.errors import IdempotencyConflict, InvalidRequest, OrderInFlight, QueueFull, WorkflowUnavailable
from tongyi.gateways.inbox import Inbox
from tongyi.gateways.slot_table import SlotTable
from tongyi.models.file_run import ChunkRef, ChunkStep, FileRequest, Outcome, RequestStatus
from tongyi.models.image_request import ImageRequest
from tongyi.models.records import Failure
from tongyi.models.workflow import Next
from tongyi.observability import count, logger
from tongyi.usecases.chunk_steps import FIRST_LOOK, step_of
from tongyi.usecases.report_chunk import ReportChunk
from tongyi.usecases.submit_images import SubmitImages

# Files fill a model's line up to here: whoever orders meanwhile waits for about a minute, and not for the file.
LONGEST_LINE_MS = 60_000
# What a round may add to a line before it looks at it anew: other chunks add to it too.
MOST_ADDED_MS = 15_000
# Seconds between two rounds.
SHORTEST_WAIT = 2
LONGEST_WAIT = 300
# Seconds of a round, well within the function's limit.
MOST_SECONDS = 30.0


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
        left = self._inbox.requests(ref.run, ref.chunk)[len(outcomes) :]
        pace, deadline, wait = Pace(self._slots, self._clock), Deadline.after(MOST_SECONDS), 0
        for request in left:
            wait = SHORTEST_WAIT if deadline.passed else self._take(request, pace, outcomes)
            if wait:
                break
        self._report.run(ref, outcomes)
        ref = ref.model_copy(update={"placed": len(outcomes)})
        if wait:
            return step_of(ref, Next.WAIT, wait)
        at_work = any(outcome.status is RequestStatus.PENDING for outcome in outcomes)
        return step_of(ref, Next.CHECK, FIRST_LOOK) if at_work else step_of(ref, Next.END)

    def _take(self, request: FileRequest, pace: Pace, outcomes: list[Outcome]) -> int:
        """Adds what becomes of the request to the outcomes; or, where it must wait, gives the seconds."""
        try:
            message = request.checked()
            if wait := pace.wait(message.order):
                return wait
            placed = self._submit.place(message.order, message.owner, message.key)
        except (InvalidRequest, IdempotencyConflict) as error:
            refusal = Failure(code=error.code, message=error.message)
            outcomes.append(request.outcome(RequestStatus.REFUSED, error=refusal))
            count("LinesRefused")
            return 0
        except QueueFull as error:
            return min(int(error.headers["Retry-After"]), LONGEST_WAIT)
        except (OrderInFlight, WorkflowUnavailable) as error:
            logger.warning("a line comes again", code=error.code)
            return SHORTEST_WAIT
        if not placed.replayed:
            pace.add(message.order)
            count("LinesTaken")
        outcomes.append(request.outcome(RequestStatus.PENDING, task_id=placed.task.task_id))
        return 0


class Pace:
    """How long the models' lines are in this round, in milliseconds; each is looked up once."""

    def __init__(self, slots: SlotTable, clock: Clock) -> None:
        self._slots = slots
        self._clock = clock
        self._free: dict[str, int] = {}
        self._added: Counter[str] = Counter()

    def wait(self, order: ImageRequest) -> int:
        """Whole seconds before the order may join its model's line; 0 where it may now."""
        model = order.model.name
        if model not in self._free:
            self._free[model] = self._slots.next_free(model) or 0
        line = max(0, self._free[model] - self._clock.now_ms()) + self._added[model]
        if line <= LONGEST_LINE_MS and self._added[model] <= MOST_ADDED_MS:
            return 0
        half_way = ceil((line - LONGEST_LINE_MS / 2) / 1000)
        return max(SHORTEST_WAIT, min(half_way, LONGEST_WAIT))

    def add(self, order: ImageRequest) -> None:
        """Counts an order that has just joined, and has no slot yet."""
        calls = ceil(order.n / order.model.images_per_call)
        self._added[order.model.name] += calls * order.model.rate.spacing_ms
