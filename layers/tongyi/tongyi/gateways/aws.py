"""Clients of AWS services: made once each, when first used, with bounded waits."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Literal, overload

from tongyi.clock import Clock, SystemClock
from tongyi.gateways.kept_session import has_idled

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_stepfunctions import SFNClient

CONNECT_SECONDS = 2
READ_SECONDS = 5
ATTEMPTS = 3
# Signed links need both. botocore still signs them with the retired version 2 by default, and names S3's global host
# in them: that refuses the buckets of regions launched since 2019-03-20, and redirects to where the signature is
# wrong as long as a bucket is new (Amazon S3 user guide, request routing; boto3 #2187, #4768). us-east-1 is told to
# be a region too. An endpoint that is an IP address keeps the bucket in the path.
_S3: dict[str, Any] = {
    "signature_version": "s3v4",
    "s3": {"addressing_style": "virtual", "us_east_1_regional_endpoint": "regional"},
}


@overload
def client(service: Literal["dynamodb"]) -> DynamoDBClient: ...
@overload
def client(service: Literal["events"]) -> EventBridgeClient: ...
@overload
def client(service: Literal["s3"]) -> S3Client: ...
@overload
def client(service: Literal["secretsmanager"]) -> SecretsManagerClient: ...
@overload
def client(service: Literal["sqs"]) -> SQSClient: ...
@overload
def client(service: Literal["stepfunctions"]) -> SFNClient: ...
def client(service: str) -> object:
    """The process's one client of that service."""
    return _client(service)


@cache
def _client(service: str) -> object:
    # Imported here: a function that is refused before it needs AWS does not pay for loading it.
    import boto3
    from botocore.config import Config

    config = Config(
        connect_timeout=CONNECT_SECONDS,
        read_timeout=READ_SECONDS,
        retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
        **(_S3 if service == "s3" else {}),
    )
    made = boto3.client(service, config=config)  # type: ignore[call-overload]
    _close_when_idle(made, SystemClock())
    return made


def _close_when_idle(made: Any, clock: Clock) -> None:
    """Has a client close its connections before a call when they have idled: it then makes new ones.

    A connection that dies sooner costs READ_SECONDS, once, before botocore repeats the call over a new one. Its option
    tcp_keepalive is no help: the first probe is sent after two hours, and none by a frozen function.
    """
    used_at = clock.now_ms()

    def before_call(**_: Any) -> None:
        nonlocal used_at
        now = clock.now_ms()
        if has_idled(used_at, now):
            made.close()
        used_at = now

    made.meta.events.register("before-call", before_call)


def reset() -> None:
    """Forgets all clients, for tests that change the endpoint under them."""
    _client.cache_clear()
