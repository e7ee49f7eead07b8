"""Gateway keys: their shape, and what is kept of them."""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from local.tools.issue_key import IssueError, issue, key_item, main, new_key

NOON = datetime(2026, 1, 2, 12, 0, 5, 999, tzinfo=UTC)


class Table:
    """Takes one item, as DynamoDB's client does."""

    def __init__(self) -> None:
        self.given: dict[str, Any] = {}

    def put_item(self, **given: Any) -> None:
        self.given = given


def test_new_key_has_256_random_bits_in_url_safe_characters() -> None:
    keys = {new_key() for _ in range(50)}
    assert len(keys) == 50
    assert all(re.fullmatch(r"tg-[A-Za-z0-9_-]{43}", key) for key in keys)


def test_key_item_is_found_by_the_hash() -> None:
    digest = hashlib.sha256(b"tg-x").hexdigest()
    assert key_item("tg-x", "alice", NOON) == {
        "pk": {"S": f"KEY#{digest}"},
        "sk": {"S": "KEY"},
        "owner": {"S": "alice"},
        "issued_at": {"S": "2026-01-02T12:00:05Z"},
    }


def test_key_item_is_dated_in_utc() -> None:
    beijing = NOON.astimezone(timezone(timedelta(hours=8)))
    assert key_item("tg-x", "alice", beijing)["issued_at"] == {"S": "2026-01-02T12:00:05Z"}


@pytest.mark.parametrize("owner", ["", "a b", "a/b", "x" * 65, "alice\n", "爱丽丝", "a#b"])
def test_key_item_refuses_other_names(owner: str) -> None:
    with pytest.raises(IssueError, match="NAME must be"):
        key_item("tg-x", owner, NOON)


@pytest.mark.parametrize("owner", ["a", "x" * 64, "A.b_c-9"])
def test_key_item_accepts_names(owner: str) -> None:
    assert key_item("tg-x", owner, NOON)["owner"] == {"S": owner}


def test_issue_keeps_the_hash_and_not_the_key() -> None:
    table = Table()
    key = issue(table, "records", "alice")
    assert table.given["TableName"] == "records"
    assert table.given["ConditionExpression"] == "attribute_not_exists(pk)"
    assert key not in str(table.given)
    assert hashlib.sha256(key.encode()).hexdigest() in table.given["Item"]["pk"]["S"]


def test_main_without_a_name_says_how(capsys: pytest.CaptureFixture[str]) -> None:
    assert main({"KEY_NAME": ""}) == 1
    assert "make key NAME=alice" in capsys.readouterr().err
