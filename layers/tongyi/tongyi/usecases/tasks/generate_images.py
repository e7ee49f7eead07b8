"""Takes an order for pictures and waits for them."""

from __future__ import annotations

from dataclasses import dataclass

from tongyi.clock import Clock
from tongyi.models.images.request import ImageRequest
from tongyi.usecases.tasks.show_task import ShowTask, TaskView
from tongyi.usecases.tasks.submit_images import SubmitImages


@dataclass(frozen=True, slots=True)
class Generated:
    """The task as it stands, and whether it is that of an earlier order, of which this is a repetition."""

    view: TaskView
    replayed: bool


class GenerateImages:
    """The routes that wait for pictures, without the HTTP."""

    def __init__(self, submit: SubmitImages, show: ShowTask, clock: Clock) -> None:
        self._submit = submit
        self._show = show
        self._clock = clock

    def run(
        self,
        order: ImageRequest,
        owner: str | None,
        key: str | None,
        seconds: float,
        *,
        resent: bool = False,
        signer: str | None = None,
    ) -> Generated:
        """The task once it has ended, or as it stands `seconds` after the call, taking the order included.

        The rest is as `SubmitImages.place` has it.
        """
        begun = self._clock.now_ms()
        placed = self._submit.place(order, owner, key, resent=resent, signer=signer)
        spent = (self._clock.now_ms() - begun) / 1000
        view = self._show.wait(placed.task.task_id, owner, seconds - spent, placed.task)
        return Generated(view, placed.replayed)

    def wait(self, task_id: str, owner: str | None, seconds: float) -> TaskView:
        """An earlier order's task, waited for once more. Raises TaskNotFound."""
        return self._show.wait(task_id, owner, seconds)
