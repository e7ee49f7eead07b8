"""docs/openapi.yaml: valid, complete, and what the code says now."""

from __future__ import annotations

import yaml
from openapi_spec_validator import validate

from local.openapi.__main__ import TARGET, written
from local.openapi.operations import OPERATIONS
from local.tools import template


def test_document_is_what_the_code_says_now() -> None:
    assert TARGET.read_text(encoding="utf-8") == written(), "run `make openapi`"


def test_document_is_valid() -> None:
    validate(yaml.safe_load(TARGET.read_text(encoding="utf-8")))


def test_every_route_is_described() -> None:
    assert OPERATIONS.keys() == template.routes().keys()


def test_every_parameter_in_a_path_is_described() -> None:
    for (_, path), operation in OPERATIONS.items():
        named = {given["name"] for given in operation.parameters if given["in"] == "path"}
        assert named == {part[1:-1] for part in path.split("/") if part.startswith("{")}, path


def test_operations_have_names_of_their_own() -> None:
    assert len({operation.id for operation in OPERATIONS.values()}) == len(OPERATIONS)


def test_only_the_documents_routes_do_without_a_key() -> None:
    paths = yaml.safe_load(TARGET.read_text(encoding="utf-8"))["paths"]
    open_routes = {
        f"{method.upper()} {path}"
        for path, operations in paths.items()
        for method, operation in operations.items()
        if {} in operation["security"]
    }
    assert open_routes == {"POST /v1/tongyi", "POST /v1/wanxiang", "POST /v1/images/generations"}
