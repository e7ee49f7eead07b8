"""How long the line in front of a model is, and who may still join it.

It is counted in pieces: pictures, where DashScope makes so many tasks of the model at a time; calls, where it only says
how often it may be called. A task stands in its model's line from its record to its terminal status.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from tongyi.models.images.catalog import ImageModel
from tongyi.models.tasks.records import TaskRecord
from tongyi.models.tasks.schedule import LATE_WAIT, LONGEST_WAIT, RUNNING_LIMIT, UPSTREAM_MEMORY

# Half of what DashScope remembers: should it come to work half as fast, who is in the line still gets the pictures.
LONGEST_LINE = UPSTREAM_MEMORY // 2
# How long a picture takes, in milliseconds, for as long as nothing is known. The first few that are known do not yet
# tell all: it counts for what is missing of so many.
USUAL_MS = 30_000
FEWEST_TOLD = 4
# Seconds from the check that finds a task done to its terminal status: the copies, and a synchronous call itself.
CLOSING_SECONDS = 180


@dataclass(frozen=True, slots=True)
class Line:
    """The line of a model: so many pieces wait or are at work.

    `made` pictures that were made lately took `worked_ms` milliseconds, all in all.
    """

    pieces: int = 0
    made: int = 0
    worked_ms: int = 0

    def piece_ms(self, model: ImageModel) -> float:
        """By how many milliseconds a piece makes the line longer."""
        if not model.running:
            return model.rate.spacing_ms
        guessed = max(0, FEWEST_TOLD - self.made)
        return (guessed * USUAL_MS + self.worked_ms) / (guessed + self.made) / model.running

    def seconds(self, model: ImageModel) -> float:
        """How long it takes until all of it is made, or sent."""
        return self.pieces * self.piece_ms(model) / 1000

    def most_before(self, model: ImageModel, share: int, max_queue_seconds: int) -> int:
        """Behind how many pieces so many more may join: made within the time, or else sent within the operator's."""
        if not model.running:
            return int(max_queue_seconds * 1000 // self.piece_ms(model))
        return max(0, int(LONGEST_LINE * 1000 // self.piece_ms(model)) - share)

    def room_in(self, model: ImageModel, most: int) -> int:
        """After how many whole seconds there are surely no more than `most` pieces, if nobody else joins."""
        # A task gives all of its pieces back at once; and those that are at work may all be nearly done, or just begun.
        pieces = self.pieces - most + max(1, model.running) * model.max_images
        notice = LATE_WAIT if self.seconds(model) > RUNNING_LIMIT else LONGEST_WAIT
        return math.ceil(pieces * self.piece_ms(model) / 1000) + notice + CLOSING_SECONDS


def share(model: ImageModel, pictures: int, jobs: int) -> int:
    """How many pieces an order is."""
    return pictures if model.running else jobs


def worked(task: TaskRecord) -> tuple[int, int]:
    """Of how many of a task's pictures it is known how long DashScope was at them, and how many milliseconds."""
    known = [job for job in task.jobs.values() if job.worked_ms is not None]
    return sum(job.n for job in known), sum(job.worked_ms or 0 for job in known)
