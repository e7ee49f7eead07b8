"""Finds out what became of a submission whose answer was lost. A second one could be billed a second time.

DashScope lists the account's tasks by model and time. An unclaimed task there is the job's where no other call without
an outcome could have made it, and what its query tells agrees (`models.workflow.lost_submission`). Where the list has
shown none until no task of the call can come any more, the call never arrived, and the job is sent again. In every
other case it cannot be told: the job stays LOST for as long as something may still be learned, and then fails. Pictures
are never guessed to be somebody's.
"""

from __future__ import annotations

from dataclasses import dataclass

from tongyi.clock import Clock
from tongyi.errors import (
    RecordsUnavailable,
    UpstreamAmbiguous,
    UpstreamError,
    UpstreamUnreachable,
)
from tongyi.gateways.dashscope.client import DashScope
from tongyi.gateways.dynamodb.submission_table import SubmissionTable
from tongyi.gateways.dynamodb.task_table import TaskTable
from tongyi.models.tasks.records import Failure, JobRecord, TaskRecord
from tongyi.models.tasks.schedule import SENDING_LIMIT, UPSTREAM_MEMORY, repeat_wait, search_wait
from tongyi.models.tasks.status import JobStatus
from tongyi.models.workflow.lost_submission import (
    ABSENT_AFTER_MS,
    FoundTask,
    OpenSubmission,
    open_submission,
    surely_of,
)
from tongyi.models.workflow.payloads import JobRef, JobStep, Next
from tongyi.models.workflow.upstream import ListedTask
from tongyi.observability import count, logger
from tongyi.usecases.workflow.job_steps import step_of

# Of so many unclaimed tasks in one span, none can be told to be the job's.
MOST_CANDIDATES = 20
# Others' looks may claim what keeps a job undecided; after so long nobody will.
UNDECIDED_MS = 3600 * 1000
_NEVER_TAKEN = Failure(code=UpstreamUnreachable.code, message="DashScope never took the submission.")


@dataclass(frozen=True, slots=True)
class _Seen:
    """What a look found: the task that the job has claimed already, those that nobody has, and the other open calls."""

    own: str | None
    free: list[FoundTask]
    others: list[OpenSubmission]


class FindSubmission:
    """Handles jobs in LOST."""

    def __init__(
        self,
        tasks: TaskTable,
        submissions: SubmissionTable,
        dashscope: DashScope,
        first_look_seconds: int,
        clock: Clock,
    ) -> None:
        self._tasks = tasks
        self._submissions = submissions
        self._dashscope = dashscope
        self._first_look_seconds = first_look_seconds
        self._clock = clock

    def report(self, ref: JobRef, task: TaskRecord, job: JobRecord) -> JobStep:
        """Marks a DISPATCHING job LOST, and lets some time pass: its task may not be listed yet."""
        call = open_submission(task, ref.job, job)
        self._submissions.lose(task.model, call, {"status": JobStatus.LOST, "looks": 0})
        count("SubmissionsLost")
        logger.warning("the answer to a submission was lost", job=ref.job)
        return step_of(ref, Next.WAIT, self._first_look_seconds)

    def look(self, ref: JobRef, task: TaskRecord, job: JobRecord) -> JobStep:
        """Looks once, and decides if it can. May be repeated at any time."""
        call = open_submission(task, ref.job, job)
        if self._age_ms(call) > UPSTREAM_MEMORY * 1000:
            return self.give_up(ref)
        try:
            seen = self._survey(ref, task.model, call)
        except (UpstreamError, RecordsUnavailable) as error:
            logger.warning("the task list cannot be read", code=error.code)
            return self._again(ref, call)
        if seen.own:
            return self._adopt(ref, task.model, call, seen.own)
        if not seen.free:
            return self._not_there(ref, task, job, call)
        sure = surely_of(call, seen.free, seen.others)
        return self._adopt(ref, task.model, call, sure.task_id) if sure else self._undecided(ref, call, seen)

    def _survey(self, ref: JobRef, model: str, call: OpenSubmission) -> _Seen:
        """What there is at DashScope, and who else may have made it.

        The list first: whoever made a task in it had its entry before, and so has it when the entries are read, or has
        claimed the task by then.
        """
        from_ms, until_ms = call.span
        listed = self._dashscope.tasks_between(model, from_ms, min(until_ms, self._clock.now_ms()))
        others = [other for other in self._submissions.open_calls(model) if not _is_of(other, ref)]
        holders = self._submissions.holders(task.task_id for task in listed)
        own = next((task_id for task_id, holder in holders.items() if holder.is_same_job(ref)), None)
        if own:
            return _Seen(own, [], others)
        free = [task for task in listed if task.task_id not in holders]
        if len(free) > MOST_CANDIDATES:
            raise UpstreamAmbiguous("Too many tasks of that time are nobody's.")
        return _Seen(None, [self._query(task) for task in free], others)

    def _query(self, task: ListedTask) -> FoundTask:
        return FoundTask(task.task_id, task.created_at, self._dashscope.query(task.task_id))

    def _adopt(self, ref: JobRef, model: str, call: OpenSubmission, upstream_task_id: str) -> JobStep:
        changes = {"status": JobStatus.SUBMITTED, "upstream_task_id": upstream_task_id}
        if not self._submissions.settle(model, ref, changes, when=(JobStatus.LOST,), claim=upstream_task_id):
            return self._again(ref, call)
        count("SubmissionsFound")
        logger.info("a lost submission was found")
        return step_of(ref, Next.CHECK)

    def _not_there(self, ref: JobRef, task: TaskRecord, job: JobRecord, call: OpenSubmission) -> JobStep:
        """One empty list alone proves nothing: it may lag behind."""
        if not job.looks or self._age_ms(call) < ABSENT_AFTER_MS:
            looked = {"looks": job.looks + 1}
            self._tasks.change_job(ref.task_id, ref.job, looked, when=(JobStatus.LOST,))
            return self._again(ref, call)
        if self._clock.now_ms() - task.created_at > SENDING_LIMIT * 1000:
            changes: dict[str, object] = {"status": JobStatus.FAILED, "error": _NEVER_TAKEN}
            self._submissions.settle(task.model, ref, changes, when=(JobStatus.LOST,))
            return step_of(ref, Next.END)
        return self._send_again(ref, task, job)

    def _send_again(self, ref: JobRef, task: TaskRecord, job: JobRecord) -> JobStep:
        losses = job.losses + 1
        ready = {"status": JobStatus.READY, "slot_at": None, "sent_at": None, "losses": losses}
        self._submissions.settle(task.model, ref, ready, when=(JobStatus.LOST,))
        count("SubmissionsRepeated")
        logger.info("a lost submission never arrived, it is sent again")
        return step_of(ref, Next.WAIT, repeat_wait(losses))

    def _undecided(self, ref: JobRef, call: OpenSubmission, seen: _Seen) -> JobStep:
        all_told = all(task.has_ended for task in seen.free)
        if all_told and self._age_ms(call) > UNDECIDED_MS:
            return self.give_up(ref)
        return self._again(ref, call)

    def give_up(self, ref: JobRef) -> JobStep:
        """Ends the job: it cannot be told what became of it. An entry of it stays.

        Whose task that was is still open, and nobody else may take it for theirs.
        """
        message = "DashScope's answer was lost, and what became of it cannot be told; it was not sent again."
        changes = {"status": JobStatus.FAILED, "error": Failure(code="SubmissionLost", message=message)}
        undecided = (JobStatus.DISPATCHING, JobStatus.LOST)
        self._tasks.change_job(ref.task_id, ref.job, changes, when=undecided)
        count("SubmissionsUndecided")
        logger.error("what became of a submission cannot be told", job=ref.job)
        return step_of(ref, Next.END)

    def _again(self, ref: JobRef, call: OpenSubmission) -> JobStep:
        return step_of(ref, Next.WAIT, search_wait(self._age_ms(call) / 1000, self._first_look_seconds))

    def _age_ms(self, call: OpenSubmission) -> int:
        return self._clock.now_ms() - call.sent_at


def _is_of(call: OpenSubmission, ref: JobRef) -> bool:
    return (call.task_id, call.job) == (ref.task_id, ref.job)
