"""Which models callers may name."""

from __future__ import annotations

import pytest

from tongyi.errors import ModelNotFound
from tongyi.models.images.catalog import IMAGE_MODELS
from tongyi.usecases.list_models import ListModels

MODELS = ListModels(("qwen-plus", "qwen-max"))


def test_models_are_those_for_chat_and_those_for_pictures() -> None:
    assert MODELS.run() == ("qwen-plus", "qwen-max", *IMAGE_MODELS)


@pytest.mark.parametrize("name", ["qwen-max", "qwen-plus", *IMAGE_MODELS])
def test_model_is_found_by_its_name(name: str) -> None:
    assert MODELS.one(name) == name


@pytest.mark.parametrize("name", ["gpt-4", "", "QWEN-MAX", "qwen-turbo"])
def test_model_of_another_name_is_not_found(name: str) -> None:
    with pytest.raises(ModelNotFound) as caught:
        MODELS.one(name)
    assert caught.value.message == f"There is no model {name!r} here."


def test_model_of_a_long_name_is_not_repeated_whole() -> None:
    with pytest.raises(ModelNotFound) as caught:
        MODELS.one("x" * 5000)
    assert len(caught.value.message) < 100
