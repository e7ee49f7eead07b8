"""A page of a list."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

Entry = TypeVar("Entry")


@dataclass(frozen=True)
class Page(Generic[Entry]):
    """One page of what was found, newest first; `total` is how many were found in all."""

    entries: list[Entry]
    total: int
    page_no: int
    page_size: int

    @property
    def total_pages(self) -> int:
        """How many pages there are."""
        return -(-self.total // self.page_size)
