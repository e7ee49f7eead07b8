"""Settings: the only part that reads the environment.

Each class holds what one group of functions needs and is read when first used, so a function asks only for the
variables that `template.yaml` gives it. A missing or malformed one raises ConfigurationError with its name.
"""

from tongyi.config.access import AuthSettings
from tongyi.config.batches import BusSettings, FileSettings, FileWorkflowSettings
from tongyi.config.chat import ChatSettings, ModelSettings
from tongyi.config.tasks import (
    IntakeSettings,
    LinkSettings,
    RetentionSettings,
    SubmissionSettings,
    TableSettings,
)
from tongyi.config.webhooks import DeliverySettings, WebhookSettings
from tongyi.config.workflow import (
    DashScopeSettings,
    EventSettings,
    PictureSettings,
    ReconcileSettings,
    WorkflowSettings,
)

__all__ = [
    "AuthSettings",
    "BusSettings",
    "ChatSettings",
    "DashScopeSettings",
    "DeliverySettings",
    "EventSettings",
    "FileSettings",
    "FileWorkflowSettings",
    "IntakeSettings",
    "LinkSettings",
    "ModelSettings",
    "PictureSettings",
    "ReconcileSettings",
    "RetentionSettings",
    "SubmissionSettings",
    "TableSettings",
    "WebhookSettings",
    "WorkflowSettings",
]
