"""What the steps of a chunk have in common: saying where to go next, and when."""

from __future__ import annotations

from tongyi.models.batches.run import ChunkRef, ChunkStep
from tongyi.models.workflow.payloads import Next

# Seconds until the tasks of a chunk are first looked at.
FIRST_LOOK = 2


def step_of(ref: ChunkRef, to: Next, wait_seconds: int = 0) -> ChunkStep:
    """The chunk's next step."""
    return ChunkStep(**ref.model_dump(), next=to, wait_seconds=wait_seconds)
