"""Puts the parts together: each use case with its gateways and settings, made when first asked for.

Imports stand inside the makers, so that a function loads what it uses and nothing else: its cold start pays for each.
"""

from tongyi.gateways import aws
from tongyi.wiring.access import authorize
from tongyi.wiring.batches import check_lines, read_file, start_file, submit_lines, write_manifest
from tongyi.wiring.chat import chat, list_models
from tongyi.wiring.parts import CLOCK
from tongyi.wiring.tasks import (
    allow_upload,
    cancel_task,
    generate_images,
    hand_out_pictures,
    list_tasks,
    show_task,
    submit_images,
    take_order,
)
from tongyi.wiring.webhooks import list_deliveries, resend_delivery, send_webhook
from tongyi.wiring.workflow import check_job, close_task, dispatch_job, reconcile, store_image

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


def reset() -> None:
    """Forgets everything that was made, for tests that change the settings under it."""
    for maker in list(globals().values()):
        if hasattr(maker, "cache_clear"):
            maker.cache_clear()
    aws.reset()
