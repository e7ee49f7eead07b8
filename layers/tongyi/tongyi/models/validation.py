"""Checks a body against a pydantic model and says, in one sentence per fault, what is wrong with it."""

from __future__ import annotations

from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails

from tongyi.errors import InvalidParameter
from tongyi.models.text import PROMPT, TextRule

Model = TypeVar("Model", bound=BaseModel)
FAULTS_NAMED = 5

_WORDS = {
    "missing": "is required",
    "extra_forbidden": "is not a parameter of this route, remove it",
    "string_type": "must be a string",
    "int_type": "must be an integer",
    "float_type": "must be a number",
    "bool_type": "must be true or false",
    "list_type": "must be a list",
    "dict_type": "must be an object",
    "model_type": "must be an object",
    "model_attributes_type": "must be an object",
    "finite_number": "must be a finite number",
}


class Body(BaseModel):
    """Base of request bodies: no type is bent to fit, no unknown field is passed over."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, allow_inf_nan=False)


def parse(model: type[Model], body: Any, texts: TextRule = PROMPT) -> Model:
    """`body` as `model`; `texts` is the rule for all its texts. Raises InvalidParameter naming up to five faults."""
    if not isinstance(body, dict):
        raise InvalidParameter("The body must be a JSON object.")
    texts.check_all(body)
    try:
        return model.model_validate(body)
    except ValidationError as error:
        faults = error.errors(include_url=False, include_input=False, include_context=False)
        sentences = [_sentence(fault) for fault in faults[:FAULTS_NAMED]]
        raise InvalidParameter("; ".join(sentences) + ".") from None


def _sentence(fault: ErrorDetails) -> str:
    where = ".".join(str(part)[:64] for part in fault["loc"]) or "body"
    said = fault["msg"].removeprefix("Value error, ")
    return f"{where}: {_WORDS.get(fault['type'], said[0].lower() + said[1:])}"
