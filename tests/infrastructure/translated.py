"""What SAM makes of `template.yaml`, by the translator that deploys it."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from local.tools import template

SAM_PYTHON = template.ROOT / ".venv" / "sam" / "bin" / "python"
# API Gateway's word for all methods that a path does not have itself.
ANY = "x-amazon-apigateway-any-method"


@lru_cache
def resources(*parameters: str) -> dict[str, dict[str, Any]]:
    """The resources of the CloudFormation template, by logical id; `Name=value` for parameters besides defaults."""
    command = [str(SAM_PYTHON), "-m", "local.tools.translate", str(template.TEMPLATE), *parameters]
    said = subprocess.run(command, cwd=template.ROOT, capture_output=True, check=True).stdout
    made: dict[str, dict[str, Any]] = json.loads(said)["Resources"]
    return made


def definition() -> dict[str, Any]:
    """The OpenAPI definition that the REST API is made from."""
    found: dict[str, Any] = resources()["Api"]["Properties"]["Body"]
    return found


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Method, path and definition of everything that the API answers; `ANY` for all other methods of a path."""
    for path, item in definition()["paths"].items():
        for method, operation in item.items():
            yield ("ANY" if method == ANY else method.upper()), path, operation
