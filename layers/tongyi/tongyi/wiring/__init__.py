"""Puts the parts together: each use case with its gateways and settings, made when first asked for.

Imports stand inside the makers, so that a function loads what it uses and nothing else: its cold start pays for each.
"""

from types import ModuleType

from tongyi.gateways import aws
from tongyi.wiring import callers, file_steps, messages, task_steps, webhooks
from tongyi.wiring.callers import (
    allow_upload,
    authorize,
    cancel_task,
    chat,
    generate_images,
    hand_out_pictures,
    list_models,
    list_tasks,
    show_task,
    submit_images,
)
from tongyi.wiring.file_steps import check_lines, read_file, submit_lines, write_manifest
from tongyi.wiring.messages import start_file, take_order
from tongyi.wiring.parts import CLOCK
from tongyi.wiring.task_steps import check_job, close_task, dispatch_job, reconcile, store_image
from tongyi.wiring.webhooks import list_deliveries, resend_delivery, send_webhook

__all__ = [
    "CLOCK",
    "allow_upload",
    "authorize",
    "cancel_task",
    "chat",
    "check_job",
    "check_lines",
    "close_task",
    "dispatch_job",
    "generate_images",
    "hand_out_pictures",
    "list_deliveries",
    "list_models",
    "list_tasks",
    "read_file",
    "reconcile",
    "resend_delivery",
    "reset",
    "send_webhook",
    "show_task",
    "start_file",
    "store_image",
    "submit_images",
    "submit_lines",
    "take_order",
    "write_manifest",
]
_MAKERS: tuple[ModuleType, ...] = (callers, messages, webhooks, task_steps, file_steps)


def reset() -> None:
    """Forgets everything that was made, for tests that change the settings under it."""
    for module in _MAKERS:
        for maker in list(vars(module).values()):
            if hasattr(maker, "cache_clear"):
                maker.cache_clear()
    aws.reset()
