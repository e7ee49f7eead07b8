"""The list of models in OpenAI's shape."""

from __future__ import annotations

from tongyi.http.openai import models as openai_models


def test_models_reply_lists_the_models() -> None:
    models = [
        {"id": name, "object": "model", "created": 0, "owned_by": "alibaba"} for name in ("qwen", "wanx-v1")
    ]
    assert openai_models.models_reply(("qwen", "wanx-v1")) == {"object": "list", "data": models}
    assert openai_models.model_reply("wanx-v1") == models[1]
