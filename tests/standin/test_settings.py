"""Settings and their mistakes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from local.standin.catalog import Limit
from local.standin.errors import ControlError
from local.standin.settings import Settings, fingerprint


def test_patched_merges_limits_row_by_row() -> None:
    settings = Settings.create().patched({"limits": {"wanx-v1": {"requests": 5}}})
    assert settings.limits["wanx-v1"] == Limit(requests=5, seconds=1.0, running=1)


def test_patched_leaves_the_original_alone() -> None:
    settings = Settings.create(pending_seconds=1)
    settings.patched({"pending_seconds": 9})
    assert settings.pending_seconds == 1


def test_shown_has_no_key_in_it() -> None:
    assert "a-secret-key" not in json.dumps(Settings.create(["a-secret-key"]).shown())


def test_shown_has_the_fingerprint_of_a_key() -> None:
    assert Settings.create(["a-secret-key"]).shown()["keys"] == [fingerprint("a-secret-key")]


def test_without_keys_any_key_is_accepted() -> None:
    assert Settings.create().accepts("whatever")


def test_with_keys_only_those_are_accepted() -> None:
    settings = Settings.create(["one"])
    assert (settings.accepts("one"), settings.accepts("two")) == (True, False)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"colour": 1}, "colour"),
        ({"pending_seconds": -1}, "pending_seconds"),
        ({"pending_seconds": "1"}, "pending_seconds"),
        ({"seconds_per_image": float("nan")}, "seconds_per_image"),
        ({"seconds_per_image": True}, "seconds_per_image"),
        ({"keys": "one"}, "keys"),
        ({"keys": [""]}, "keys"),
        ({"limits": []}, "limits"),
        ({"limits": {"nothing": {}}}, "nothing"),
        ({"limits": {"wanx-v1": {"speed": 1}}}, "wanx-v1"),
        ({"limits": {"wanx-v1": {"requests": 0}}}, "requests"),
    ],
)
def test_a_mistake_is_named(changes: dict[str, Any], named: str) -> None:
    with pytest.raises(ControlError, match=named):
        Settings.create().patched(changes)
