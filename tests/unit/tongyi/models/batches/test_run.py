"""What a run of a file passes on and keeps: names, owners, keys, chunks."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.fakes.batches import KEY, an_outcome, some_lines
from tests.support.fakes.records import BROKEN
from tongyi.errors import InvalidParameter
from tongyi.models.batches.run import (
    CHUNK_REQUESTS,
    FileRequest,
    Outcome,
    RequestStatus,
    cut,
    folder_owner,
    results_of,
    run_name,
    with_keys,
)
from tongyi.models.tasks.idempotency import task_id_for
from tongyi.models.tasks.message import LONGEST_KEY

CAT, DOG = {"prompt": "a cat"}, {"prompt": "a dog"}
EVENT = {"detail-type": "Image Task Requested", "detail": {"prompt": "a cat", "owner": "bob"}}


def _requests(*orders: dict[str, Any] | None, file: str = KEY) -> list[FileRequest]:
    return list(with_keys(file, some_lines(*orders)))


def _keys(*orders: dict[str, Any] | None, file: str = KEY) -> list[str]:
    return [request.key for request in _requests(*orders, file=file)]


def _owner(order: dict[str, Any], file: str = KEY) -> str:
    [request] = _requests(order, file=file)
    return request.checked().owner


def test_run_name_is_that_of_the_version_and_no_other() -> None:
    name = run_name("inbox", KEY, "v-1")
    assert name == run_name("inbox", KEY, "v-1")
    others = {run_name("b", KEY, "v-1"), run_name("inbox", "k", "v-1"), run_name("inbox", KEY, "v-2")}
    assert len(others | {name}) == 4


def test_run_name_mixes_no_two_up() -> None:
    assert run_name("a", "b/c", "d") != run_name("a", "b", "c/d")


@given(st.text(), st.text())
def test_run_name_may_be_that_of_an_execution(key: str, version: str) -> None:
    """At most 80 characters, and of those that are safe anywhere."""
    name = run_name("inbox", key, version)
    assert len(name) == 40
    assert set(name) <= set("0123456789abcdef")


@pytest.mark.parametrize(
    ("key", "owner"),
    [
        ("requests/cats.jsonl", None),
        ("requests/alice/cats.jsonl", "alice"),
        ("requests/alice/bob/cats.jsonl", "alice"),
        ("requests/alice/../bob/cats.jsonl", "alice"),
        ("requests/alice//cats.jsonl", "alice"),
        ("requests/requests/cats.jsonl", "requests"),
    ],
)
def test_folder_is_its_owners(key: str, owner: str | None) -> None:
    assert folder_owner(key) == owner


@pytest.mark.parametrize("folder", ["al ice", "猫", "a" * 65, "a:b", "/alice"])
def test_folder_that_can_be_nobodys_is_refused(folder: str) -> None:
    with pytest.raises(InvalidParameter, match="owner"):
        folder_owner(f"requests/{folder}/cats.jsonl")


def test_results_have_a_place_of_their_own_for_each_file() -> None:
    assert results_of("requests/alice/cats.csv") == "results/alice/cats.csv/"
    assert results_of("requests/cats.csv") == "results/cats.csv/"


def test_line_is_in_the_name_of_the_folders_owner() -> None:
    assert _owner(CAT) == "alice"
    assert _owner({**CAT, "owner": "alice"}) == "alice"


def test_line_of_a_file_in_no_folder_is_in_the_name_it_gives() -> None:
    assert _owner(CAT, "requests/cats.jsonl") == "events"
    assert _owner({**CAT, "owner": "bob"}, "requests/cats.jsonl") == "bob"


@pytest.mark.parametrize(
    "order",
    [
        {**CAT, "owner": "bob"},
        {**CAT, "owner": "Alice"},
        {**CAT, "owner": None},
        {**CAT, "owner": ["alice"]},
        {"input": CAT, "owner": "bob"},
        {"input": {**CAT, "owner": "bob"}},
        EVENT,
        {**EVENT, **CAT},
        {**EVENT, "owner": "alice"},
    ],
    ids=range(9),
)
def test_line_gets_into_no_other_name_than_its_folders(order: dict[str, Any]) -> None:
    [request] = _requests(order)
    with pytest.raises(InvalidParameter):
        request.checked()


def test_line_that_is_no_order_is_refused_with_what_is_wrong() -> None:
    [request] = _requests(None)
    with pytest.raises(InvalidParameter, match="no valid JSON"):
        request.checked()


def test_key_of_a_line_is_its_own_or_follows_from_it() -> None:
    [own, derived] = _requests({**CAT, "idempotency_key": "order-1"}, CAT)
    assert own.checked().key == "order-1"
    assert derived.checked().key == derived.key
    assert len(derived.key) <= LONGEST_KEY


def test_keys_are_the_same_when_the_file_comes_again() -> None:
    assert _keys(CAT, DOG, CAT) == _keys(CAT, DOG, CAT)


def test_keys_of_other_lines_stay_when_one_is_changed_added_or_moved() -> None:
    cat, dog = _keys(CAT, DOG)
    assert _keys({**CAT, "n": 2}, DOG)[1] == dog
    assert _keys({"prompt": "a bird"}, CAT, None, DOG)[1::2] == [cat, dog]
    assert _keys(DOG, CAT) == [dog, cat]


def test_keys_of_lines_that_say_the_same_differ() -> None:
    found = _keys(CAT, CAT, dict(CAT))
    assert len(set(found)) == 3
    assert _keys(CAT, DOG, CAT)[0::2] == found[:2]


def test_key_does_not_depend_on_the_order_of_the_fields() -> None:
    assert _keys({"prompt": "a", "n": 1}) == _keys({"n": 1, "prompt": "a"})


def test_keys_of_files_are_kept_apart() -> None:
    assert _keys(CAT) != _keys(CAT, file="requests/alice/others.jsonl")


def test_tasks_of_owners_are_kept_apart() -> None:
    key = "order-1"
    assert task_id_for(key, "alice") != task_id_for(key, "bob")


@pytest.mark.parametrize("count", [1, CHUNK_REQUESTS - 1, CHUNK_REQUESTS, CHUNK_REQUESTS + 1, 103])
def test_chunks_cover_each_request_once(count: int) -> None:
    requests = _requests(*[{"prompt": f"猫 {number}\n"} for number in range(count)])
    content, chunks = cut(requests)
    parts = [content[chunk.start : chunk.end] for chunk in chunks]
    assert b"".join(parts) == content
    found = [[FileRequest.model_validate_json(line) for line in part.splitlines()] for part in parts]
    assert [request for part in found for request in part] == requests
    assert [chunk.number for chunk in chunks] == list(range(len(chunks)))
    assert [chunk.count for chunk in chunks] == [len(part) for part in found]
    assert [chunk.first for chunk in chunks] == [part[0].number for part in found]
    assert all(len(part) == CHUNK_REQUESTS for part in found[:-1])


@given(
    st.dictionaries(
        st.text(st.characters(exclude_categories=["Cs"])),
        st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.booleans() | st.none(),
    )
)
def test_request_comes_back_as_it_was_kept(order: dict[str, Any]) -> None:
    requests = _requests(order, None)
    content, _ = cut(requests)
    assert [FileRequest.model_validate_json(line) for line in content.split(b"\n") if line] == requests


def test_outcome_is_one_line_of_what_is_known() -> None:
    failed = an_outcome(3, RequestStatus.FAILED, task_id="t", error=BROKEN)
    written = failed.written()
    assert written.count(b"\n") == 1
    assert json.loads(written) == {
        "number": 3,
        "line": 3,
        "task_id": "t",
        "status": "FAILED",
        "pictures": [],
        "error": {"code": BROKEN.code, "message": BROKEN.message},
    }
    assert Outcome.model_validate_json(written) == failed


def test_outcome_says_which_request_it_is_of() -> None:
    [_, request] = _requests(CAT, DOG)
    assert request.outcome(RequestStatus.PENDING, task_id="t") == an_outcome(2, task_id="t")
