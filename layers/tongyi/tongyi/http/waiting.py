"""Keeping a client waiting for longer than one request may last.

An SDK that expects pictures in the reply can do nothing with "later". It follows redirects, though: it is sent to ask
for the same task with GET, which waits again.
"""

from __future__ import annotations

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEvent

from tongyi.errors import InvalidParameter, TaskUnfinished
from tongyi.http.api import query, redirect

# Of the clients that follow redirects, the least patient one (aiohttp) follows ten.
MOST_ROUNDS = 9


def ask_again(event: APIGatewayProxyEvent, route: str, task_id: str, options: str = "") -> Response[str]:
    """Sends the client to wait for the task once more. Raises TaskUnfinished where it was sent often enough."""
    done = _rounds(event)
    if done >= MOST_ROUNDS:
        raise TaskUnfinished(task_id)
    # See Other: whatever was asked with, go on with GET.
    return redirect(f"{route}?task_id={task_id}&round={done + 1}{options}", 303)


def named_task(event: APIGatewayProxyEvent) -> str:
    """The task that a query names. Raises InvalidParameter where none is named."""
    task_id = query(event).get("task_id", "").strip()
    if not task_id:
        raise InvalidParameter("task_id: is required, as a query parameter.")
    return task_id


def _rounds(event: APIGatewayProxyEvent) -> int:
    text = query(event).get("round", "0")
    if not (len(text) == 1 and text.isascii() and text.isdecimal()):
        raise InvalidParameter("round: is counted by the gateway, follow its redirects as they are.")
    return int(text)
