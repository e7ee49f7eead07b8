"""What may be ordered in a day without a key."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.integration.webhooks.webhooks import Lapse
from tests.support.gateway import Gateway, gateway
from tests.workflow.interference import crowd

DAY = 24 * 3600


@pytest.fixture
def capped(monkeypatch: pytest.MonkeyPatch) -> Iterator[Gateway]:
    """A gateway that gives away three pictures and one chat a day. Its day has hours left."""
    crowd(monkeypatch)
    caps = {"DailyOpenImages": "3", "DailyOpenChats": "1", "FirstCheckSeconds": "3600"}
    with gateway(monkeypatch, caps) as made:
        lapse = Lapse(monkeypatch)
        lapse.moved_ms = (DAY // 2 - lapse.now_ms() // 1000 % DAY) * 1000
        yield made


def bearer(capped: Gateway) -> dict[str, str]:
    return {"Authorization": f"Bearer {capped.issue_key('alice')}"}


def test_submit_task_refuses_more_pictures_than_a_day_has(capped: Gateway) -> None:
    replies = [capped.submit({"prompt": "a cat", "n": n}) for n in (2, 2)]

    assert [reply.status for reply in replies] == [200, 429]
    assert replies[1].body["code"] == "Throttling.DailyLimit"


def test_submit_task_sends_nothing_of_what_is_over_the_cap(capped: Gateway) -> None:
    capped.submit({"prompt": "a cat", "n": 4})

    assert capped.submissions() == []


def test_submit_task_counts_pictures_up_to_the_cap(capped: Gateway) -> None:
    replies = [capped.submit({"prompt": "a cat", "n": n}) for n in (2, 2, 1, 1)]

    assert [reply.status for reply in replies] == [200, 429, 200, 429]


def test_submit_task_says_when_the_next_day_begins(capped: Gateway) -> None:
    reply = capped.submit({"prompt": "a cat", "n": 4})

    assert 1 <= int(reply.headers["retry-after"]) <= DAY


def test_submit_task_does_not_count_what_is_refused(capped: Gateway) -> None:
    for _ in range(4):
        capped.submit({"prompt": "", "n": 3})

    assert capped.submit({"prompt": "a cat", "n": 3}).status == 200


def test_submit_task_does_not_cap_a_key(capped: Gateway) -> None:
    key = bearer(capped)

    assert [capped.submit({"prompt": "a cat", "n": 4}, key).status for _ in range(2)] == [200, 200]


def test_submit_task_does_not_count_what_a_key_orders(capped: Gateway) -> None:
    capped.submit({"prompt": "a cat", "n": 4}, bearer(capped))

    assert capped.submit({"prompt": "a cat", "n": 3}).status == 200


def test_chat_refuses_more_chats_than_a_day_has(capped: Gateway) -> None:
    replies = [capped.request("POST", "/v1/tongyi", {"prompt": "hello"}) for _ in range(2)]

    assert [reply.status for reply in replies] == [200, 429]
    assert replies[1].body["code"] == "Throttling.DailyLimit"
    assert len(capped.standin.ledger("chat")) == 1


def test_chat_says_when_the_next_day_begins(capped: Gateway) -> None:
    replies = [capped.request("POST", "/v1/tongyi", {"prompt": "hello"}) for _ in range(2)]

    assert 1 <= int(replies[1].headers["retry-after"]) <= DAY


def test_chat_does_not_cap_a_key(capped: Gateway) -> None:
    key = bearer(capped)

    replies = [capped.request("POST", "/v1/tongyi", {"prompt": "hello"}, key) for _ in range(2)]
    assert [reply.status for reply in replies] == [200, 200]


def test_chat_and_pictures_have_caps_of_their_own(capped: Gateway) -> None:
    capped.request("POST", "/v1/tongyi", {"prompt": "hello"})

    assert capped.submit({"prompt": "a cat", "n": 3}).status == 200


def test_openai_images_says_in_openais_words_that_the_day_is_used_up(capped: Gateway) -> None:
    order = {"model": "wanx-v1", "prompt": "a cat", "n": 4}

    reply = capped.request("POST", "/v1/images/generations", order)

    error = reply.body["error"]
    assert (reply.status, error["type"], error["code"]) == (429, "rate_limit_error", "Throttling.DailyLimit")
    assert 1 <= int(reply.headers["retry-after"]) <= DAY
    assert capped.submissions() == []
