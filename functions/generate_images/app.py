"""The routes that take an order for pictures and wait for them: the images route in two shapes, and DashScope's own.

Each has a GET beside its POST, where a client that must not give up is sent to wait on.
"""

from typing import Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.utilities.typing import LambdaContext

from tongyi import wiring
from tongyi.http import api, image_replies
from tongyi.http.dashscope.replies import is_asynchronous
from tongyi.http.dialects import IMAGES_ROUTE, MESSAGES_ROUTE, is_openai, is_resent
from tongyi.http.gateway import replies
from tongyi.http.preferences import LONGEST_WAIT, preference
from tongyi.http.time_limit import seconds_left
from tongyi.http.waiting import named_task
from tongyi.models.images.bodies import parse_lenient_request, parse_message_request, parse_openai_request
from tongyi.observability import observed

app = api.resolver()


@app.post(IMAGES_ROUTE)
def generate_images() -> Response[str]:
    event, body = app.current_event, api.json_body(app.current_event)
    wanted = preference(event.headers.get("Prefer"))
    openai = parse_openai_request(body) if is_openai(body) else None
    order = openai.request if openai else parse_lenient_request(body)
    resent, signer = is_resent(event), api.signer(event)
    caller = (api.owner(event), api.idempotency_key(event))
    done = wiring.generate_images().run(order, *caller, _within(wanted.seconds), resent=resent, signer=signer)
    headers = {**wanted.headers, **replies.replay(done.replayed)}
    if not openai:
        return image_replies.documented(event, done.view, headers, wiring.CLOCK.now_ms())
    # Whoever said how long to wait is not kept longer; and the way to wait on needs a key.
    patient = bool(api.owner(event)) and not wanted.applied
    read, now_ms = _reader(inline=openai.inline), wiring.CLOCK.now_ms()
    return image_replies.in_openai_shape(event, done.view, headers, now_ms, inline=read, patient=patient)


@app.get(IMAGES_ROUTE)
def wait_for_images() -> Response[str]:
    event = app.current_event
    view = wiring.generate_images().wait(named_task(event), api.required_owner(event), _within(LONGEST_WAIT))
    read = _reader(inline=api.query(event).get("response_format") == image_replies.INLINE)
    return image_replies.in_openai_shape(event, view, {}, wiring.CLOCK.now_ms(), inline=read, patient=True)


@app.post(MESSAGES_ROUTE)
def generate_message() -> Response[str]:
    event = app.current_event
    order = parse_message_request(api.json_body(event))
    seconds = 0 if is_asynchronous(event) else _within(LONGEST_WAIT)
    caller = (api.required_owner(event), api.idempotency_key(event))
    done = wiring.generate_images().run(order, *caller, seconds, signer=api.signer(event))
    headers = replies.replay(done.replayed)
    if is_asynchronous(event):
        return api.reply(200, replies.submitted_reply(done.view.task, api.request_id(event)), headers)
    return image_replies.as_message(event, done.view, headers)


@app.get(MESSAGES_ROUTE)
def wait_for_message() -> Response[str]:
    event = app.current_event
    view = wiring.generate_images().wait(named_task(event), api.required_owner(event), _within(LONGEST_WAIT))
    return image_replies.as_message(event, view, {})


def _within(seconds: float) -> float:
    return min(seconds, seconds_left(app.current_event, wiring.CLOCK.now_ms()))


def _reader(*, inline: bool) -> image_replies.Inline | None:
    return wiring.hand_out_pictures().inline if inline else None


@observed
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return app.resolve(event, context)
