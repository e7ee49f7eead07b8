"""Every file in `events/` runs through its real handler, and does what the file beside it says."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from local.tools import template
from tests.infrastructure.events import file_cases
from tests.infrastructure.events.comparison import difference
from tests.infrastructure.events.event_files import EVENTS, EXPECTED, cases
from tests.infrastructure.permissions.recorded_calls import Recorded
from tongyi.errors import InvalidParameter
from tongyi.models.batches.input_file import read_order_file
from tongyi.models.batches.run import FileRequest, with_keys

PLACEHOLDER = re.compile(r"<(\w+) from the stack's outputs>")
ACCOUNT = "123456789012"
# Files to put into the inbox, and no payloads.
FOR_USERS = EVENTS / "bulk"
# What an expectation may say of what is there afterwards, with the variables of those functions of which it must.
AFTERMATH = {
    "leaves": None,
    "delivers": None,
    "makes": ({"DEAD_LETTERS_URL"}, {"INBOX_NAME", "STATE_MACHINE_ARN"}),
    "aside": ({"DEAD_LETTERS_URL"},),
    "told": ({"EVENT_BUS_NAME"},),
    "writes": ({"INBOX_NAME"},),
    "starts": ({"FILE_STATE_MACHINE_ARN"},),
}


def test_events_have_the_outcome_beside_them(recorded: Recorded) -> None:
    assert recorded.unexpected == {}


def test_events_have_an_expectation_each_and_the_reverse() -> None:
    files = {str(path.relative_to(EVENTS)) for path in EVENTS.glob("*/*") if path.parent != FOR_USERS}
    expected = {name for name in files if name.endswith(EXPECTED)}

    assert {name.removesuffix(EXPECTED) + ".json" for name in expected} == files - expected


def test_expectations_say_one_outcome_each() -> None:
    unclear = [
        str(case)
        for case in cases()
        if set(case.expected) - {"given", *AFTERMATH} not in ({"returns"}, {"raises"})
    ]

    assert unclear == []


def test_expectations_say_what_their_functions_may_tell_or_put_aside() -> None:
    silent = {}
    for case in cases():
        variables = template.resources(template.FUNCTION)[case.function]["Environment"]["Variables"].keys()
        may = {
            name
            for name, found in AFTERMATH.items()
            if found and any(needed <= variables for needed in found)
        }
        if may != {name for name in case.expected if AFTERMATH.get(name)}:
            silent[str(case)] = may

    assert silent == {}


def test_events_exist_for_every_function() -> None:
    assert {case.function for case in cases()} == set(template.resources(template.FUNCTION))


def test_events_name_no_real_account() -> None:
    for case in cases():
        text = re.sub(r"-[0-9a-f]{12}\b", "", json.dumps([case.event, case.expected]))
        assert set(re.findall(r"\b\d{12}\b", text)) <= {ACCOUNT}, str(case)


def test_http_events_ask_for_routes_of_the_template() -> None:
    for case in [case for case in cases() if "httpMethod" in case.event]:
        method, resource, context = (
            case.event[name] for name in ("httpMethod", "resource", "requestContext")
        )
        behind, _ = template.routes()[method, resource]

        assert case.function in (behind, "AuthorizeFunction"), str(case)
        # API Gateway takes no notice of a last slash.
        path = case.event["path"]
        assert path.rstrip("/") == resource.format(**case.event["pathParameters"] or {}), str(case)
        assert (context["httpMethod"], context["resourcePath"]) == (method, resource), str(case)
        assert context["path"] == f"/{context['stage']}{path}", str(case)


def test_events_exist_for_every_route() -> None:
    made = {
        (case.function, case.event["httpMethod"], case.event["resource"])
        for case in cases()
        if "httpMethod" in case.event
    }

    assert {(behind, *route) for route, (behind, _) in template.routes().items()} - made == set()


def test_http_events_tell_the_same_in_both_ways() -> None:
    """API Gateway has each header and query parameter twice: as its last value, and as the list of all."""
    for case in [case for case in cases() if "httpMethod" in case.event]:
        for one, many in (
            ("headers", "multiValueHeaders"),
            ("queryStringParameters", "multiValueQueryStringParameters"),
        ):
            lists = case.event[many] or {}
            assert (case.event[one] or {}) == {name: values[-1] for name, values in lists.items()}, str(case)


def test_requests_have_ids_of_their_own() -> None:
    ids = [case.event["requestContext"]["requestId"] for case in cases() if "httpMethod" in case.event]

    assert len(set(ids)) == len(ids)


def test_env_json_has_the_variables_that_name_resources_of_a_stack() -> None:
    written = _env()

    assert {name: set(values) for name, values in written.items()} == {
        name: set(_stack_values(name)) for name in template.resources(template.FUNCTION)
    }


def test_env_json_points_at_the_output_with_that_value() -> None:
    outputs = template.load()["Outputs"]
    for function, values in _env().items():
        for name, placeholder in values.items():
            found = PLACEHOLDER.fullmatch(placeholder)
            assert found, f"{function}.{name}: {placeholder}"
            assert outputs[found[1]]["Value"] == _stack_values(function)[name], f"{function}.{name}"


@pytest.mark.parametrize(
    ("expected", "found"),
    [
        ({"a": 1}, {"a": 2}),
        ({"a": 1}, {"a": True}),
        ({"a": 1}, {}),
        ({"a": {}}, {"a": 1}),
        ([1], [1, 2]),
        ([1, 2], [1, 3]),
        ("~a+", "ab"),
        ("~a+", None),
        ({"returns": {"body": {"a": 1}}}, {"returns": {"body": '{"a":2}'}}),
    ],
)
def test_difference_finds(expected: Any, found: Any) -> None:
    assert difference(expected, found)


def test_notifications_have_the_shape_of_s3() -> None:
    """As `sam local generate-event s3 put` writes them, with the version that a bucket with versions has."""
    for record in file_cases.notified(cases()):
        found = record["s3"]
        assert set(record) == file_cases.RECORD, found
        assert set(found) == {"s3SchemaVersion", "configurationId", "bucket", "object"}, found
        assert set(found["bucket"]) == {"name", "ownerIdentity", "arn"}, found
        assert found["bucket"]["arn"] == f"arn:aws:s3:::{found['bucket']['name']}"
        assert set(found["object"]) == {"key", "size", "eTag", "versionId", "sequencer"}, found
        assert (record["eventSource"], record["eventName"]) == ("aws:s3", "ObjectCreated:Put"), found


@pytest.mark.parametrize("path", sorted(FOR_USERS.iterdir()), ids=lambda path: path.name)
def test_files_for_users_are_files_of_orders(path: Path) -> None:
    """With one mistake at most, to show what becomes of such a line."""
    requests = list(with_keys(f"requests/{path.name}", read_order_file(path.name, path.read_bytes())))
    refused = [request.line for request in requests if not _is_order(request)]

    assert len(requests) >= 5
    assert len(refused) <= 1


def test_difference_passes_over_what_is_not_expected() -> None:
    found = {"returns": {"body": '{"a":[{"b":"xyz","c":1}],"d":2}', "e": 3}}

    assert difference({"returns": {"body": {"a": [{"b": "~x.z"}]}}}, found) is None


def _is_order(request: FileRequest) -> bool:
    try:
        request.checked()
    except InvalidParameter:
        return False
    return True


def _env() -> dict[str, dict[str, str]]:
    read: dict[str, dict[str, str]] = json.loads((EVENTS / "env.json").read_text(encoding="utf-8"))
    return read


def _stack_values(function: str) -> dict[str, Any]:
    """The variables of a function whose value is known only once a stack is deployed."""
    made = template.load()
    shared = made["Globals"]["Function"]["Environment"]["Variables"]
    own = template.resources(template.FUNCTION)[function]["Environment"]["Variables"]
    return {name: value for name, value in {**shared, **own}.items() if _names_a_resource(value)}


def _names_a_resource(value: Any) -> bool:
    if not isinstance(value, dict):
        return False
    return "Ref" not in value or value["Ref"] not in template.load()["Parameters"]
