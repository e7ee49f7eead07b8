"""The bodies that an order for pictures comes in: the gateway's flat one, DashScope's two, and OpenAI's.

Sources: the gateway's documents, the wanx-v1 API reference, DashScope's page on Qwen-Image, OpenAI's API reference.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import Field

from tongyi.errors import InvalidParameter
from tongyi.models.images.catalog import DEFAULT_IMAGE_MODEL
from tongyi.models.images.request import (
    TWO_SPELLINGS,
    Callback,
    ImageInput,
    ImageParameters,
    ImageRequest,
    checked,
)
from tongyi.models.validation import Body, parse

NO_STREAM = "stream: pictures are not streamed, leave it out or send false."


class FlatBody(ImageInput, ImageParameters, Callback):
    """POST /v1/wanxiang, as the gateway's document has it."""

    model: str = DEFAULT_IMAGE_MODEL


class TaskInput(ImageInput):
    """The SDK's second name for a reference picture is used where the first is not given."""

    sketch_image_url: str | None = None


class TaskBody(Callback):
    """DashScope's body of an asynchronous order."""

    model: str = DEFAULT_IMAGE_MODEL
    input: TaskInput
    parameters: ImageParameters | None = None


class LenientParameters(ImageParameters):
    """Those of the images route. `strict` refuses what would otherwise be mapped to what the model makes."""

    strict: bool = False


class LenientBody(Callback):
    """POST /v1/images/generations, as the gateway's document has it."""

    model: str = DEFAULT_IMAGE_MODEL
    input: ImageInput
    parameters: LenientParameters | None = None


class TextPart(Body):
    """A part of a message."""

    text: str


class PictureMessage(Body):
    """The one message of a synchronous order, with one text."""

    role: Literal["user"]
    content: str | Annotated[list[TextPart], Field(min_length=1, max_length=1)]


class MessageInput(Body):
    """Where a synchronous order has its prompt."""

    messages: list[PictureMessage] = Field(min_length=1, max_length=1)


class MessageParameters(ImageParameters):
    """Those of a synchronous order."""

    negative_prompt: str | None = None
    result_format: Literal["message"] | None = None
    stream: bool | None = None


class MessageBody(Callback):
    """DashScope's body of a synchronous order."""

    model: str
    input: MessageInput
    parameters: MessageParameters | None = None


class OpenAIImageBody(ImageInput, LenientParameters, Callback):
    """OpenAI's body, and what DashScope's models take besides.

    `user`, and `quality` where it asks for nothing in particular, are taken and passed over: nothing here has a use
    for them.
    """

    model: str = DEFAULT_IMAGE_MODEL
    response_format: Literal["url", "b64_json"] = "url"
    user: str | None = None
    quality: Literal["auto", "standard"] | None = None
    stream: bool | None = None


@dataclass(frozen=True, slots=True)
class OpenAIOrder:
    """An order, and whether its pictures are to come inside the reply."""

    request: ImageRequest
    inline: bool


def is_nested(body: Any) -> bool:
    """Whether a body's fields are sorted into `input` and `parameters`."""
    return isinstance(body, dict) and ("input" in body or "parameters" in body)


def parse_image_request(body: Any) -> ImageRequest:
    """Checks a flat body, or DashScope's nested one, to the letter. Raises InvalidParameter."""
    if is_nested(body):
        return parse_task_request(body)
    _check_spellings(body)
    flat = parse(FlatBody, body)
    return checked(flat.model, flat, flat, callback_url=flat.callback_url)


def parse_task_request(body: Any) -> ImageRequest:
    """Checks DashScope's body of an asynchronous order, to the letter. Raises InvalidParameter."""
    _check_spellings(body)
    nested = parse(TaskBody, body)
    given = nested.input.model_copy(update={"ref_img": nested.input.ref_img or nested.input.sketch_image_url})
    wanted = nested.parameters or ImageParameters.model_validate({})
    return checked(nested.model, given, wanted, callback_url=nested.callback_url)


def parse_lenient_request(body: Any) -> ImageRequest:
    """Checks a nested body of the images route, which takes sizes and numbers that its models do not.

    With `strict: true` both are refused. Raises InvalidParameter.
    """
    _check_spellings(body)
    nested = parse(LenientBody, body)
    wanted = nested.parameters or LenientParameters.model_validate({})
    lenient, callback_url = not wanted.strict, nested.callback_url
    return checked(nested.model, nested.input, wanted, lenient=lenient, callback_url=callback_url)


def parse_openai_request(body: Any) -> OpenAIOrder:
    """Checks OpenAI's body, as leniently. Raises InvalidParameter."""
    _check_spellings(body)
    given = parse(OpenAIImageBody, body)
    if given.stream:
        raise InvalidParameter(NO_STREAM)
    wanted = given.model_copy(update={"size": None}) if given.size == "auto" else given
    lenient, callback_url = not given.strict, given.callback_url
    request = checked(given.model, given, wanted, lenient=lenient, callback_url=callback_url)
    return OpenAIOrder(request, inline=given.response_format == "b64_json")


def parse_message_request(body: Any) -> ImageRequest:
    """Checks DashScope's body of a synchronous order, to the letter. Raises InvalidParameter."""
    given = parse(MessageBody, body)
    wanted = given.parameters or MessageParameters.model_validate({})
    if wanted.stream:
        raise InvalidParameter(NO_STREAM)
    content = given.input.messages[0].content
    prompt = content if isinstance(content, str) else content[0].text
    words = ImageInput(prompt=prompt, negative_prompt=wanted.negative_prompt, ref_img=None)
    return checked(given.model, words, wanted, callback_url=given.callback_url)


def _check_spellings(body: Any) -> None:
    parts = (body, body.get("input"), body.get("parameters")) if isinstance(body, dict) else ()
    for part in parts:
        for one, other in TWO_SPELLINGS:
            if isinstance(part, dict) and one in part and other in part:
                raise InvalidParameter(f"{one}: is the same as {other}, send one of the two.")
