"""Python values in and out of DynamoDB's typed JSON, and its one expected refusal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from tongyi.errors import RecordsUnavailable

if TYPE_CHECKING:
    from boto3.dynamodb.types import TypeDeserializer, TypeSerializer

Item = dict[str, Any]
# DynamoDB developer guide, error handling.
_THROTTLED = ("ProvisionedThroughputExceededException", "RequestLimitExceeded", "ThrottlingException")


class ConditionFailed(Exception):
    """Raised when a conditional write found another state than it asked for: `item`, where it asked to be shown it."""

    def __init__(self, item: Item | None = None) -> None:
        super().__init__()
        self.item = item or {}


@lru_cache(maxsize=1)
def _codecs() -> tuple[TypeSerializer, TypeDeserializer]:
    from boto3.dynamodb.types import TypeDeserializer, TypeSerializer

    return TypeSerializer(), TypeDeserializer()


def encode(values: Mapping[str, Any]) -> Item:
    """Plain values (no floats) as DynamoDB attributes."""
    serializer, _ = _codecs()
    return {name: serializer.serialize(value) for name, value in values.items()}


def decode(item: Mapping[str, Any]) -> Item:
    """DynamoDB attributes as plain values; numbers come as Decimal."""
    _, deserializer = _codecs()
    return {name: deserializer.deserialize(value) for name, value in item.items()}


@contextmanager
def reading() -> Iterator[None]:
    """Turns what keeps a read from DynamoDB, which botocore repeated in vain, into RecordsUnavailable.

    Also for a write that changes nothing when it is repeated: where no answer comes, it may have been carried out.
    """
    from botocore.exceptions import ConnectionError as NotConnected
    from botocore.exceptions import HTTPClientError

    try:
        with throttling():
            yield
    except (NotConnected, HTTPClientError) as error:
        raise RecordsUnavailable from error


@contextmanager
def throttling() -> Iterator[None]:
    """Turns DynamoDB's refusal for now, which botocore repeated in vain, into RecordsUnavailable."""
    from botocore.exceptions import ClientError

    try:
        yield
    except ClientError as error:
        if error.response["Error"]["Code"] in _THROTTLED:
            raise RecordsUnavailable from error
        raise


@contextmanager
def conditional() -> Iterator[None]:
    """Turns DynamoDB's ConditionalCheckFailedException into ConditionFailed."""
    from botocore.exceptions import ClientError

    try:
        yield
    except ClientError as error:
        if error.response["Error"]["Code"] == "ConditionalCheckFailedException":
            found: Any = error.response.get("Item", {})
            raise ConditionFailed(decode(found)) from error
        raise
