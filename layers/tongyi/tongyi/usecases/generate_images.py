"""Takes an order for pictures and waits for them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tongyi.clock import Clock
from tongyi.models.image_request import parse_lenient_request
from tongyi.usecases.show_task import ShowTask, TaskView
from tongyi.usecases.submit_images import SubmitImages


@dataclass(frozen=True, slots=True)
class Generated:
    """The task as it stands, and whether an earlier order with the same Idempotency-Key had made it."""

    view: TaskView
    replayed: bool


class GenerateImages:
    """POST /v1/images/generations, without the HTTP."""

    def __init__(self, submit: SubmitImages, show: ShowTask, clock: Clock) -> None:
        self._submit = submit
        self._show = show
        self._clock = clock

    def run(self, body: Any, owner: str | None, key: str | None, seconds: float) -> Generated:
        """The task once it has ended, or as it stands `seconds` after the call, taking the order included.

        Raises InvalidParameter, and what `SubmitImages.place` raises.
        """
        begun = self._clock.now_ms()
        placed = self._submit.place(parse_lenient_request(body), owner, key)
        spent = (self._clock.now_ms() - begun) / 1000
        view = self._show.wait(placed.task.task_id, owner, seconds - spent)
        return Generated(view, placed.replayed)
