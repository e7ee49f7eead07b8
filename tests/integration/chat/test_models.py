"""GET /v1/models and /v1/models/{model}: what requests may name."""

from __future__ import annotations

import pytest

from tests.integration.images.generating import MODELS
from tests.support.gateway import Gateway
from tongyi.config import offered

CHAT_MODELS = list(offered.CHAT_MODELS)


def shown(name: str) -> dict[str, object]:
    return {"id": name, "object": "model", "created": 0, "owned_by": "alibaba"}


def test_models_lists_all_that_may_be_named(shared: Gateway, alice: dict[str, str]) -> None:
    reply = shared.request("GET", "/v1/models", headers=alice)

    assert reply.status == 200
    names = [model["id"] for model in reply.body["data"]]
    assert (names[: len(CHAT_MODELS)], sorted(names[len(CHAT_MODELS) :])) == (CHAT_MODELS, sorted(MODELS))
    assert reply.body == {"object": "list", "data": [shown(name) for name in names]}


@pytest.mark.parametrize("name", [*CHAT_MODELS, *MODELS])
def test_models_shows_each_by_its_name(shared: Gateway, alice: dict[str, str], name: str) -> None:
    reply = shared.request("GET", f"/v1/models/{name}", headers=alice)

    assert (reply.status, reply.body) == (200, shown(name))


def test_models_says_in_openais_words_that_there_is_no_such(shared: Gateway, alice: dict[str, str]) -> None:
    reply = shared.request("GET", "/v1/models/gpt-4o", headers=alice)

    assert reply.status == 404
    assert reply.body["error"] == {
        "message": "There is no model 'gpt-4o' here.",
        "type": "invalid_request_error",
        "param": None,
        "code": "ModelNotFound",
    }


@pytest.mark.parametrize("path", ["/v1/models", "/v1/models/qwen-plus"])
@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer wrong"}], ids=["none", "wrong"])
def test_models_needs_a_key(shared: Gateway, path: str, headers: dict[str, str]) -> None:
    assert shared.request("GET", path, headers=headers).status == 401


def test_models_asks_nobody_upstream(shared: Gateway, alice: dict[str, str]) -> None:
    before = len(shared.standin.ledger())

    shared.request("GET", "/v1/models", headers=alice)

    assert len(shared.standin.ledger()) == before
