"""Which models callers may name."""

from __future__ import annotations

from tongyi.errors import ModelNotFound
from tongyi.models.images.catalog import IMAGE_MODELS


class ListModels:
    """GET /v1/models, without the HTTP."""

    def __init__(self, chat_models: tuple[str, ...]) -> None:
        self._names = (*chat_models, *IMAGE_MODELS)

    def run(self) -> tuple[str, ...]:
        """The names of all models: for chat, then for pictures."""
        return self._names

    def one(self, name: str) -> str:
        """The name, if there is such a model. Raises ModelNotFound."""
        if name not in self._names:
            raise ModelNotFound(f"There is no model {name[:64]!r} here.")
        return name
