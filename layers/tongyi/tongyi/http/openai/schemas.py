"""The shapes of replies to OpenAI's SDK; see `gateway.schemas`."""

from __future__ import annotations

from typing import Any, Literal, NotRequired

# The standard library's has no way into a schema before Python 3.12.
from typing_extensions import TypedDict

from tongyi.http.gateway.schemas import Error, Notice


class OpenAIErrorDetail(TypedDict):
    """OpenAI's words for an error; `param` names the field that it is about, if it is about one."""

    message: str
    type: str
    param: str | None
    code: str


class OpenAIError(TypedDict):
    """An error in OpenAI's shape."""

    error: OpenAIErrorDetail
    suggestion: str
    request_id: str


class Refusal(Error):
    """What API Gateway itself refuses, in both shapes: it does not know who asks."""

    error: OpenAIErrorDetail


class OpenAIChatReply(TypedDict):
    """An answer as DashScope's compatible mode gave it, with whatever else it has."""

    id: str
    object: str
    created: int
    model: str
    choices: list[dict[str, Any]]
    usage: NotRequired[dict[str, Any] | None]


class OpenAIImage(TypedDict, total=False):
    """A picture: by a link, or inside the reply in base64."""

    url: str
    b64_json: str
    revised_prompt: str


class OpenAIImagesReply(TypedDict):
    """Pictures in OpenAI's shape. While they are being made `data` is empty, and `task_id` is what to ask for."""

    created: int
    data: list[OpenAIImage]
    task_id: str
    task_status: str
    warnings: NotRequired[list[Notice]]


class OpenAIModel(TypedDict):
    """A model. When it was made is not known here, so `created` is 0."""

    id: str
    object: Literal["model"]
    created: int
    owned_by: str


class OpenAIModelList(TypedDict):
    """The models that requests may name."""

    object: Literal["list"]
    data: list[OpenAIModel]
