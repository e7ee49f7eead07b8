"""Puts the document together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import TypeAdapter

from local.openapi.operations import ANY, API_GATEWAYS, OPERATIONS, Operation
from local.openapi.parameters import LANGUAGE
from local.tools import template
from tongyi.http.openai.schemas import Refusal
from tongyi.models.images.catalog import IMAGE_MODELS, ImageModel

Document = dict[str, Any]
KEY = "gatewayKey"
JSON = "application/json"
REFERENCE = "#/components/schemas/{model}"
REDIRECTS = {302: "The picture is there.", 303: "Not yet: ask there, with GET."}
WORDS = {
    200: "It was done.",
    202: "It was taken and goes on; `Location` and `Retry-After` say where and when to look.",
    400: "The request was refused, by the gateway or by DashScope (`X-DashScope-Status`), or the task failed.",
    401: "The gateway key is missing or not valid.",
    403: "DashScope has no such way to use this route.",
    404: "There is no such thing, or it is another caller's.",
    409: "The Idempotency-Key was used before.",
    429: "The caller, or DashScope's account, asks for too much; `Retry-After` says when to come back.",
    500: "The gateway failed, or is not set up correctly.",
    502: "The gateway did not answer.",
    503: "Nothing was done: the key could not be checked, DashScope or the workflow cannot be reached, or the operator "
    "must mend something (UpstreamSuspended).",
    504: "What became of it is not known yet; do not simply repeat it.",
}


def document() -> Document:
    """The whole document, OpenAPI 3.1."""
    schemas = _schemas()
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "tongyi-gateway",
            "version": "1",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
            "description": f"Chat and pictures of Alibaba's Tongyi models.\n\n{_models_table()}",
        },
        "servers": [{"url": "{base}", "variables": {"base": {"default": "http://127.0.0.1"}}}],
        "paths": _paths(),
        "components": {
            "securitySchemes": {KEY: {"type": "http", "scheme": "bearer", "description": "A gateway key."}},
            "schemas": dict(sorted(schemas.items())),
        },
    }


def _paths() -> Document:
    paths: Document = {}
    for (method, path), (_, authorizer) in sorted(template.routes().items()):
        operation = OPERATIONS[method, path]
        # Where a key is not needed it is taken all the same.
        security: list[dict[str, list[str]]] = (
            [{KEY: []}] if authorizer == "KeyAuthorizer" else [{}, {KEY: []}]
        )
        paths.setdefault(path, {})[method.lower()] = {
            "operationId": operation.id,
            "tags": [operation.tag],
            "summary": operation.summary,
            "security": security,
            "parameters": [*operation.parameters, LANGUAGE],
            **_request(operation),
            "responses": _responses(operation),
        }
    return paths


def _request(operation: Operation) -> Document:
    if not operation.bodies:
        return {}
    return {"requestBody": {"required": True, "content": _content(operation.bodies)}}


def _responses(operation: Operation) -> Document:
    errors = dict.fromkeys(sorted({*operation.errors, *ANY}), operation.error_shapes)
    shapes = {**operation.replies, **errors}
    for status, more in operation.failures.items():
        shapes[status] = (*shapes[status], *more)
    for status in API_GATEWAYS:
        shapes[status] = (*shapes.get(status, ()), Refusal)
    return {str(status): _response(status, of) for status, of in sorted(shapes.items())}


def _response(status: int, shapes: tuple[type, ...]) -> Document:
    if status in REDIRECTS:
        location = {"Location": {"required": True, "schema": {"type": "string", "format": "uri-reference"}}}
        return {"description": REDIRECTS[status], "headers": location}
    return {"description": WORDS[status], "content": _content(shapes)}


def _content(shapes: Iterable[type]) -> Document:
    references = [{"$ref": REFERENCE.format(model=shape.__name__)} for shape in shapes]
    return {JSON: {"schema": references[0] if len(references) == 1 else {"anyOf": references}}}


def _schemas() -> dict[str, Any]:
    bodies = {body for operation in OPERATIONS.values() for body in operation.bodies}
    replies = {shape for operation in OPERATIONS.values() for shape in _reply_shapes(operation)}
    named = sorted(bodies | replies, key=lambda shape: shape.__name__)
    _, made = TypeAdapter.json_schemas(
        [(shape.__name__, "validation", TypeAdapter(shape)) for shape in named], ref_template=REFERENCE
    )
    return {name: _tidy(schema) for name, schema in made["$defs"].items()}


def _reply_shapes(operation: Operation) -> Iterable[type]:
    yield Refusal
    for shapes in (*operation.replies.values(), *operation.failures.values(), operation.error_shapes):
        yield from shapes


def _tidy(schema: Any) -> Any:
    """Without the titles that only repeat names, and without line breaks of the source."""
    if isinstance(schema, list):
        return [_tidy(part) for part in schema]
    if not isinstance(schema, Mapping):
        return schema
    kept = {
        name: _tidy(part) for name, part in schema.items() if not (name == "title" and isinstance(part, str))
    }
    if isinstance(kept.get("description"), str):
        kept["description"] = " ".join(kept["description"].split())
    return kept


def _models_table() -> str:
    head = "| model | sizes | pictures in one order | prompt | calls |\n|---|---|---|---|---|\n"
    return head + "".join(_row(model) for model in IMAGE_MODELS.values())


def _row(model: ImageModel) -> str:
    rate = f"{model.rate.calls} in {model.rate.seconds:g} s"
    return (
        f"| {model.name} | {model.sizes.described} | 1 to {model.max_images} | "
        f"{model.prompt_limit} characters | {rate} |\n"
    )
