"""Takes an order that came as a message."""

from __future__ import annotations

from typing import Any

from tongyi.errors import GatewayError, IdempotencyConflict, InvalidRequest
from tongyi.gateways.messaging.dead_letter_queue import DeadLetters
from tongyi.models.strict_json import parse_strict
from tongyi.models.tasks.message import parse_order_message
from tongyi.models.webhooks.signing import signer_of_owner
from tongyi.observability import count, log_fault, logger
from tongyi.usecases.tasks.submit_images import SubmitImages


class TakeOrder:
    """What becomes of one message."""

    def __init__(self, submit: SubmitImages, dead_letters: DeadLetters) -> None:
        self._submit = submit
        self._dead_letters = dead_letters

    def run(self, text: str, message_id: str) -> str | None:
        """The task's id, the same for each delivery; None for a message that can never become one, and was put aside.

        Raises QueueFull, UpstreamSuspended, OrderInFlight or WorkflowUnavailable, after which the message should come
        again.
        """
        try:
            message = parse_order_message(_parsed(text), message_id)
            signer = signer_of_owner(message.owner)
            placed = self._submit.place(message.order, message.owner, message.key, signer=signer)
        except (InvalidRequest, IdempotencyConflict) as error:
            self._dead_letters.send(text, error.code, error.message)
            count("MessagesPutAside")
            logger.warning("a message can never become a task", code=error.code, message_id=message_id)
            return None
        except GatewayError as error:
            count("MessagesLeft")
            logger.warning("a message comes again", code=error.code, message_id=message_id)
            raise
        except Exception as error:
            # Whoever reads the queue only lets the message come again, and says nothing.
            log_fault(error)
            raise
        count("MessagesTaken")
        return placed.task.task_id


def _parsed(text: str) -> Any:
    try:
        return parse_strict(text)
    except (ValueError, RecursionError):
        raise InvalidRequest("The message is no valid JSON.") from None
