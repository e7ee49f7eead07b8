"""A conditional write that knows its own repetition for the success it was.

botocore repeats a request whose reply is late or cut off, also one that took effect (its guide, retry modes). The
condition of the second then fails on what the first has written. So a write leaves a stamp in what it changes, and one
that is refused looks for its stamp in what it found. DynamoDB hands that over with the refusal, and bills no read for
it (UpdateItem in its API reference, ReturnValuesOnConditionCheckFailure).

Which writes need one: those whose caller is told that somebody else was quicker. Those that say the same when they are
repeated (marks, pictures, claims of upstream tasks, the last run of a file) do not. A transaction needs none: botocore
gives each call a ClientRequestToken, and DynamoDB knows that again for ten minutes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final, Literal
from uuid import uuid4

from tongyi.gateways.dynamodb.base.items import ConditionFailed

# Of a conditional write, to be shown what it found where it is refused.
SHOW_FOUND: Final[Literal["ALL_OLD"]] = "ALL_OLD"


@dataclass(frozen=True, slots=True)
class Stamp:
    """What a single write leaves, at `path` within its item."""

    path: tuple[str, ...]
    text: str = field(default_factory=lambda: uuid4().hex)

    def is_on(self, refused: ConditionFailed) -> bool:
        """Whether the write was refused for what it has written itself."""
        found: Any = refused.item
        for name in self.path:
            found = found.get(name) if isinstance(found, dict) else None
        return bool(found == self.text)
