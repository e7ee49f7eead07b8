"""What callers can do something about."""

from __future__ import annotations

from tongyi.errors.base import GatewayError


class InvalidRequest(GatewayError):
    """Raised when the caller sent something that cannot be used."""

    code = "InvalidParameter"
    status = 400


class InvalidParameter(InvalidRequest):
    """Raised when one parameter is missing, of a wrong type or out of range."""


class RequestTooLarge(InvalidRequest):
    """Raised when the body is longer than the gateway takes."""

    code = "RequestTooLarge"


class UnsupportedOperation(InvalidRequest):
    """Raised when a task is to be canceled that is no longer PENDING."""

    code = "UnsupportedOperation"


class PicturesTooLarge(InvalidRequest):
    """Raised when pictures are to come inside a reply that cannot hold them; they are kept all the same."""

    code = "PicturesTooLarge"


class AccessDenied(InvalidRequest):
    """Raised when a route of DashScope's is used in a way that it does not have."""

    code = "AccessDenied"
    status = 403


class InvalidApiKey(GatewayError):
    """Raised when a route needs a gateway key and got none, or a bad one."""

    code = "InvalidApiKey"
    status = 401


class NotFound(GatewayError):
    """Raised when something does not exist, or it is not the caller's: the two look the same from outside."""

    status = 404


class RouteNotFound(NotFound):
    """Raised when no route has such a path; in the words of the API's own reply."""

    code = "RouteNotFound"

    def __init__(self) -> None:
        super().__init__("There is no such route.")


class TaskNotFound(NotFound):
    """Raised when there is no such task."""

    code = "TaskNotFound"

    def __init__(self, task_id: str) -> None:
        super().__init__("The task does not exist, has expired, or belongs to another key.")
        self.task_id = task_id


class PictureNotFound(NotFound):
    """Raised when the task has no such picture, or not yet, or no longer."""

    code = "PictureNotFound"


class DeliveryNotFound(NotFound):
    """Raised when there is no such webhook, or no longer."""

    code = "DeliveryNotFound"

    def __init__(self) -> None:
        super().__init__("The delivery does not exist, has expired, or belongs to another key.")


class ModelNotFound(NotFound):
    """Raised when the gateway has no such model."""

    code = "ModelNotFound"


class IdempotencyError(GatewayError):
    """Raised when an Idempotency-Key was used before."""

    status = 409


class IdempotencyConflict(IdempotencyError):
    """Raised when the key was used with another order."""

    code = "IdempotencyKeyReused"

    def __init__(self) -> None:
        super().__init__("This Idempotency-Key was used with another order.")


class OrderInFlight(IdempotencyError):
    """Raised when the first order with the key is just being taken."""

    code = "OrderInFlight"
    repeatable = True

    def __init__(self) -> None:
        super().__init__(
            "The first order with this Idempotency-Key is just being taken.", headers={"Retry-After": "1"}
        )


class LimitExceeded(GatewayError):
    """Raised when the gateway itself limits the caller; `retry_after` is in seconds."""

    status = 429
    repeatable = True

    def __init__(self, message: str, *, retry_after: int) -> None:
        super().__init__(message, headers={"Retry-After": str(retry_after)})


class DailyLimitExceeded(LimitExceeded):
    """Raised when the open routes have spent what they may in a day."""

    code = "Throttling.DailyLimit"


class QueueFull(LimitExceeded):
    """Raised when a model's waiting line is too long to join."""

    code = "Throttling.QueueFull"


class TaskUnfinished(GatewayError):
    """Raised when a task goes on for longer than a reply can be waited for: it is not lost, only not done."""

    code = "TaskUnfinished"
    status = 504

    def __init__(self, task_id: str) -> None:
        super().__init__(f"The task {task_id} was taken and goes on; ask for its result later.")
