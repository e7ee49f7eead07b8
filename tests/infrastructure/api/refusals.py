"""What API Gateway refuses by itself, as the translated template has it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from tests.infrastructure import translated

GATEWAY_RESPONSES = "x-amazon-apigateway-gateway-responses"
INTEGRATION = "x-amazon-apigateway-integration"
# The statuses of what a default stands for, where it does not set one itself.
DEFAULT_STATUS = {"DEFAULT_4XX": 400, "DEFAULT_5XX": 500}
VARIABLE = re.compile(r"\$context\.[\w.]+")


@dataclass(frozen=True)
class Refusal:
    """An answer of API Gateway's own; `text` has its variables."""

    status: int | None
    headers: dict[str, str]
    text: str

    @property
    def body(self) -> dict[str, Any]:
        """The body as it is sent."""
        said: dict[str, Any] = json.loads(VARIABLE.sub("c6af9ac6-7b61-11e6-9a41-93e8deadbeef", self.text))
        return said


@lru_cache(maxsize=1)
def refusals() -> dict[str, Refusal]:
    """All of them: gateway responses by their type, answers of the routes for what has no route by `ANY <path>`."""
    responses = translated.definition()[GATEWAY_RESPONSES]
    return {name: _refusal(response) for name, response in responses.items()} | dict(_catch_alls())


def _catch_alls() -> Iterator[tuple[str, Refusal]]:
    for method, path, operation in translated.operations():
        if method == "ANY":
            (response,) = operation[INTEGRATION]["responses"].values()
            yield f"{method} {path}", _refusal(response)


def _refusal(response: dict[str, Any]) -> Refusal:
    status = response.get("statusCode")
    parameters = response.get("responseParameters", {})
    ((kind, text),) = response["responseTemplates"].items()
    assert kind == "application/json"
    headers = {name.rpartition(".")[2]: value.strip("'") for name, value in parameters.items()}
    return Refusal(None if status is None else int(status), headers, text)
