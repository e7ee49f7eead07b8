"""Who may call which route, and who may see which task."""

from __future__ import annotations

import boto3
import pytest

from tests.integration.routes import EVERY, KEYED, OPEN, ROUTES, call
from tests.support.gateway import Gateway

BAD_HEADERS = ["Bearer wrong", "Bearer", "Bearer ", "Basic YTpi", "wrong", "bearer\twrong"]


def task_of(shared: Gateway, owner: str | None) -> str:
    headers = {"Authorization": f"Bearer {shared.issue_key(owner)}"} if owner else {}
    return str(shared.submit({"prompt": "a cat"}, headers).body["output"]["task_id"])


@pytest.mark.parametrize("target", OPEN)
def test_authorizer_lets_anybody_use_an_open_route(shared: Gateway, target: str) -> None:
    assert call(shared, target, None).status == 200


def test_authorizer_lets_nobody_see_results_without_a_key(shared: Gateway) -> None:
    assert call(shared, "/v1/wanxiang-results?task_id=1", None).status == 401


@pytest.mark.parametrize(("method", "path"), KEYED)
def test_authorizer_lets_nobody_use_another_route_without_a_key(
    shared: Gateway, method: str, path: str
) -> None:
    assert shared.request(method, path).status == 401


@pytest.mark.parametrize(("method", "path"), EVERY)
def test_authorizer_lets_nobody_use_a_route_with_a_key_that_is_none(
    shared: Gateway, method: str, path: str
) -> None:
    assert shared.request(method, path, headers={"Authorization": "Bearer wrong"}).status == 401


@pytest.mark.parametrize("target", ROUTES)
@pytest.mark.parametrize("header", BAD_HEADERS)
def test_authorizer_refuses_a_bad_key_on_every_route(shared: Gateway, target: str, header: str) -> None:
    assert call(shared, target, header).status == 401


@pytest.mark.parametrize("header", ["Bearer {}", "bearer {}", "BEARER   {} "])
def test_authorizer_takes_a_key_however_its_scheme_is_spelt(shared: Gateway, header: str) -> None:
    key = shared.issue_key("alice")

    assert call(shared, "/v1/wanxiang-results?task_id=1", header.format(key)).status == 404


def test_authorizer_takes_the_header_however_its_name_is_spelt(shared: Gateway) -> None:
    headers = {"AUTHORIZATION": f"Bearer {shared.issue_key('alice')}"}

    assert shared.request("GET", "/v1/wanxiang-results?task_id=1", headers=headers).status == 404


def test_authorizer_does_not_take_the_stored_form_of_a_key(shared: Gateway) -> None:
    shared.issue_key("alice")
    stored = next(pk for pk in _partition_keys(shared) if pk.startswith("KEY#"))

    assert call(shared, "/v1/tongyi", f"Bearer {stored.removeprefix('KEY#')}").status == 401


def _partition_keys(shared: Gateway) -> list[str]:
    items = boto3.resource("dynamodb").Table(shared.names["Table"]).scan()["Items"]
    return [str(item["pk"]) for item in items]


@pytest.mark.parametrize(
    ("owner", "reader", "status"),
    [
        ("alice", "alice", 200),
        ("alice", "bob", 404),
        ("bob", "alice", 404),
        (None, "alice", 200),
        (None, "bob", 200),
    ],
)
def test_get_result_shows_a_task_to_its_owner_alone(
    shared: Gateway, owner: str | None, reader: str, status: int
) -> None:
    task_id = task_of(shared, owner)

    assert shared.result(task_id, shared.issue_key(reader)).status == status


def test_get_result_shows_a_task_to_each_key_of_its_owner(shared: Gateway) -> None:
    task_id = task_of(shared, "alice")

    assert shared.result(task_id, shared.issue_key("alice")).status == 200


def test_get_result_speaks_of_anothers_task_as_of_one_that_is_not_there(shared: Gateway) -> None:
    bob = shared.issue_key("bob")
    theirs, nobodys = task_of(shared, "alice"), "0" * 36

    answers = [shared.result(task_id, bob).body for task_id in (theirs, nobodys)]

    assert answers[0]["output"]["task_status"] == "UNKNOWN"
    assert (answers[0]["code"], answers[0]["message"]) == (answers[1]["code"], answers[1]["message"])
