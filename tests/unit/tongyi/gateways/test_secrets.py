"""The DashScope key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import boto3
import pytest

from tongyi.errors import ConfigurationError
from tongyi.gateways.secrets import CACHE_SECONDS, DashScopeKey, WebhookMaster

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

KEY = "sk-0123456789"


class Counted:
    """A client that counts how often it is asked."""

    def __init__(self, **answer: Any) -> None:
        self.asked = 0
        self._answer = answer

    def get_secret_value(self, **_: Any) -> dict[str, Any]:
        self.asked += 1
        return self._answer


@pytest.fixture
def client(aws: None) -> SecretsManagerClient:
    return boto3.client("secretsmanager")


def _key(client: SecretsManagerClient, **held: Any) -> DashScopeKey:
    return DashScopeKey(lambda: client, client.create_secret(Name="dashscope", **held)["ARN"])


def test_key_is_what_the_secret_holds(client: SecretsManagerClient) -> None:
    assert _key(client, SecretString=KEY)() == KEY


def test_key_has_no_blanks_around_it(client: SecretsManagerClient) -> None:
    assert _key(client, SecretString=f" {KEY}\n")() == KEY


@pytest.mark.parametrize("held", [{"SecretString": "  "}, {"SecretBinary": b"\x00\x01"}])
def test_key_needs_text(client: SecretsManagerClient, held: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError, match="holds nothing yet"):
        _key(client, **held)()


@pytest.mark.parametrize("exists", [True, False])
def test_key_says_that_it_cannot_be_read(client: SecretsManagerClient, exists: bool) -> None:
    """As with the secret that a deployment creates, before somebody puts the key in."""
    arn = client.create_secret(Name="dashscope")["ARN"] if exists else "no-such-secret"
    with pytest.raises(ConfigurationError, match="cannot be read"):
        DashScopeKey(lambda: client, arn)()


def test_key_is_asked_for_once() -> None:
    client: Any = Counted(SecretString=KEY)
    key = DashScopeKey(lambda: client, "arn")
    assert (key(), key(), client.asked) == (KEY, KEY, 1)


def test_key_that_is_renewed_is_read_past_what_is_remembered(client: SecretsManagerClient) -> None:
    key = _key(client, SecretString=KEY)
    key()
    client.put_secret_value(SecretId="dashscope", SecretString="sk-another")
    assert (key(), key.renewed(), key()) == (KEY, "sk-another", "sk-another")


def test_key_is_found_as_soon_as_somebody_puts_it_in(client: SecretsManagerClient) -> None:
    key = _key(client, SecretString=" ")
    with pytest.raises(ConfigurationError):
        key()
    client.put_secret_value(SecretId="dashscope", SecretString=KEY)
    assert key() == KEY


def test_key_is_not_kept_for_ever() -> None:
    assert 0 < CACHE_SECONDS <= 600


def test_secret_says_which_it_is_that_cannot_be_read(client: SecretsManagerClient) -> None:
    with pytest.raises(ConfigurationError, match="master of webhook secrets cannot be read"):
        WebhookMaster(lambda: client, "no-such-secret")()
