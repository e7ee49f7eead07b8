"""The list of models, in OpenAI's shape. Source: OpenAI's API reference."""

from __future__ import annotations

from collections.abc import Sequence

from tongyi.http.openai.schemas import OpenAIModel, OpenAIModelList

OWNED_BY = "alibaba"


def models_reply(names: Sequence[str]) -> OpenAIModelList:
    """All models."""
    return {"object": "list", "data": [model_reply(name) for name in names]}


def model_reply(name: str) -> OpenAIModel:
    """One model."""
    return {"id": name, "object": "model", "created": 0, "owned_by": OWNED_BY}
