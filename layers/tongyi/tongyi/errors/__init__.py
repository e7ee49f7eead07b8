"""Every error the gateway raises on purpose.

GatewayError
├── InvalidRequest            400  Raised when the caller sent something that cannot be used.
│   ├── InvalidParameter      400  Raised when one parameter is missing, of a wrong type or out of range.
│   ├── RequestTooLarge       400  Raised when the body is longer than the gateway takes.
│   ├── UnsupportedOperation  400  Raised when a task is to be canceled that is no longer PENDING.
│   ├── PicturesTooLarge      400  Raised when pictures are to come inside a reply that cannot hold them.
│   └── AccessDenied          403  Raised when a route of DashScope's is used in a way that it does not have.
├── InvalidApiKey             401  Raised when a route needs a gateway key and got none, or a bad one.
├── NotFound                  404  Raised when something does not exist, or it is not the caller's.
│   ├── RouteNotFound         404  Raised when it is a path.
│   ├── TaskNotFound          404  Raised when it is a task.
│   ├── PictureNotFound       404  Raised when it is a picture of a task.
│   ├── DeliveryNotFound      404  Raised when it is the delivery of a webhook.
│   └── ModelNotFound         404  Raised when it is a model.
├── IdempotencyError          409  Raised when an Idempotency-Key was used before.
│   ├── IdempotencyConflict   409  Raised when it was used with another order.
│   └── OrderInFlight         409  Raised when the first order with it is just being taken. Send it again in a second.
├── LimitExceeded             429  Raised when the gateway itself limits the caller.
│   ├── DailyLimitExceeded    429  Raised when the open routes have spent what they may in a day.
│   └── QueueFull             429  Raised when a model's waiting line is too long to join.
├── UpstreamError                  Raised when DashScope did not do what was asked.
│   ├── UpstreamRefused       400  Raised when DashScope refused for good. Never repeat.
│   ├── UpstreamThrottled     400  Raised when DashScope refused for now. Safe to repeat after a wait.
│   ├── UpstreamSuspended     503  Raised when DashScope refuses what the operator must mend. Repeat after a wait.
│   ├── UpstreamUnreachable   503  Raised when the request surely was not carried out. Safe to repeat.
│   └── UpstreamAmbiguous     504  Raised when nobody can tell whether it was carried out. Never repeat blindly.
│       └── UpstreamFailed    504  Raised when DashScope answers that it failed: no picture of that answer is billed.
├── PictureError                   Raised when a picture could not be copied. Never becomes HTTP.
│   ├── PictureRefused             Raised when it must not be copied (host, size, type). Final.
│   └── PictureUnavailable         Raised when it could not be had, or kept, this time. Safe to repeat.
│       ├── PictureGone            Raised when its link no longer leads to it. A fresh one may.
│       └── StorageUnavailable     Raised when S3 did not take a copy. Safe to repeat.
├── TaskUnfinished            504  Raised when a task goes on for longer than a reply can be waited for.
├── NoTimeLeft                503  Raised when a request has no time left for a call upstream. The caller may repeat.
├── RecordsUnavailable        503  Raised when DynamoDB puts off a request, or does not answer a read. Safe to repeat.
├── WorkflowUnavailable       503  Raised when the workflow surely was not started. The caller may repeat.
│   └── StartUnanswered       503  Raised when nobody can tell whether it was started. Never becomes HTTP.
├── JobsUnfinished            500  Raised when a task is to be closed while a job may yet end. Never becomes HTTP.
├── EventsUnavailable         503  Raised when an event could not be put on the bus. Never becomes HTTP.
├── WebhooksUnavailable       503  Raised when a webhook could not be put on its queue. The caller may repeat.
└── ConfigurationError        500  Raised when the operator left out or mistyped a setting.

They become HTTP in one place, `tongyi.http.api`.
"""

from tongyi.errors.base import (
    ConfigurationError,
    EventsUnavailable,
    GatewayError,
    JobsUnfinished,
    NoTimeLeft,
    RecordsUnavailable,
    StartUnanswered,
    WebhooksUnavailable,
    WorkflowUnavailable,
)
from tongyi.errors.callers import (
    AccessDenied,
    DailyLimitExceeded,
    DeliveryNotFound,
    IdempotencyConflict,
    IdempotencyError,
    InvalidApiKey,
    InvalidParameter,
    InvalidRequest,
    LimitExceeded,
    ModelNotFound,
    NotFound,
    OrderInFlight,
    PictureNotFound,
    PicturesTooLarge,
    QueueFull,
    RequestTooLarge,
    RouteNotFound,
    TaskNotFound,
    TaskUnfinished,
    UnsupportedOperation,
)
from tongyi.errors.upstream import (
    PictureError,
    PictureGone,
    PictureRefused,
    PictureUnavailable,
    StorageUnavailable,
    UpstreamAmbiguous,
    UpstreamError,
    UpstreamFailed,
    UpstreamRefused,
    UpstreamSuspended,
    UpstreamThrottled,
    UpstreamUnreachable,
)

__all__ = [
    "AccessDenied",
    "ConfigurationError",
    "DailyLimitExceeded",
    "DeliveryNotFound",
    "EventsUnavailable",
    "GatewayError",
    "IdempotencyConflict",
    "IdempotencyError",
    "InvalidApiKey",
    "InvalidParameter",
    "InvalidRequest",
    "JobsUnfinished",
    "LimitExceeded",
    "ModelNotFound",
    "NoTimeLeft",
    "NotFound",
    "OrderInFlight",
    "PictureError",
    "PictureGone",
    "PictureNotFound",
    "PictureRefused",
    "PictureUnavailable",
    "PicturesTooLarge",
    "QueueFull",
    "RecordsUnavailable",
    "RequestTooLarge",
    "RouteNotFound",
    "StartUnanswered",
    "StorageUnavailable",
    "TaskNotFound",
    "TaskUnfinished",
    "UnsupportedOperation",
    "UpstreamAmbiguous",
    "UpstreamError",
    "UpstreamFailed",
    "UpstreamRefused",
    "UpstreamSuspended",
    "UpstreamThrottled",
    "UpstreamUnreachable",
    "WebhooksUnavailable",
    "WorkflowUnavailable",
]
