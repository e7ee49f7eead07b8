"""The secrets that `make key` and `make webhook-secret` show."""

from __future__ import annotations

from typing import Any

import pytest

from local.tools import issue_key, webhook_secret
from local.tools.issue_key import IssueError
from local.tools.webhook_secret import find_secret, main, secret_of_key, secret_of_owner
from tongyi.models.webhooks import signing

ARN = "arn:aws:secretsmanager:us-east-1:123456789012:secret:webhooks"


class Secrets:
    """Hands out one secret, as Secrets Manager's client does."""

    def get_secret_value(self, **given: Any) -> dict[str, str]:
        assert given == {"SecretId": ARN}
        return {"SecretString": "master"}


class Table:
    """Takes one item, as DynamoDB's client does."""

    def put_item(self, **_: Any) -> None:
        """Nothing is kept of it."""


@pytest.fixture
def found(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stack of any name."""
    monkeypatch.setattr(webhook_secret, "find_secret", lambda _: (Secrets(), ARN))
    monkeypatch.setattr(issue_key, "find_table", lambda _: (Table(), "table"))


def test_secret_of_a_key_is_what_its_orders_are_signed_with() -> None:
    signer = signing.signer_of_key(signing.key_id("tg-x"))
    assert secret_of_key(Secrets(), ARN, "tg-x") == signing.webhook_secret("master", signer)


def test_secret_of_an_owner_is_what_orders_by_message_are_signed_with() -> None:
    signer = signing.signer_of_owner("ann")
    assert secret_of_owner(Secrets(), ARN, "ann") == signing.webhook_secret("master", signer)


def test_main_shows_the_secret_of_an_owner(found: None, capsys: pytest.CaptureFixture[str]) -> None:
    assert main({"KEY_NAME": "ann"}) == 0
    assert capsys.readouterr().out.splitlines()[-1] == secret_of_owner(Secrets(), ARN, "ann")


@pytest.mark.parametrize("name", ["", "a b", "x" * 65])
def test_main_refuses_other_names(name: str, found: None, capsys: pytest.CaptureFixture[str]) -> None:
    assert main({"KEY_NAME": name}) == 1
    assert "make webhook-secret NAME=alice" in capsys.readouterr().err


def test_key_is_issued_with_the_secret_of_its_webhooks(
    found: None, capsys: pytest.CaptureFixture[str]
) -> None:
    assert issue_key.main({"KEY_NAME": "ann"}) == 0
    _, key, _, secret = capsys.readouterr().out.splitlines()
    assert secret == secret_of_key(Secrets(), ARN, key)


def test_key_of_a_stack_without_webhooks_is_issued_all_the_same(
    found: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def missing(_: str) -> Any:
        raise IssueError("the stack has no output WebhookSecretArn")

    monkeypatch.setattr(webhook_secret, "find_secret", missing)
    assert issue_key.main({"KEY_NAME": "ann"}) == 1
    said = capsys.readouterr()
    assert said.out.splitlines()[1].startswith("tg-")
    assert "the key is good" in said.err


def test_find_secret_says_how_to_start_a_stack(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhook_secret, "running", lambda: None)
    with pytest.raises(IssueError, match="make up"):
        find_secret("")


def test_find_secret_takes_the_embedded_stack_without_a_name(monkeypatch: pytest.MonkeyPatch) -> None:
    state = {"endpoint": "http://127.0.0.1:9", "outputs": {"WebhookSecretArn": ARN}}
    monkeypatch.setattr(webhook_secret, "running", lambda: state)
    client, arn = find_secret("")
    assert (arn, client.meta.endpoint_url) == (ARN, "http://127.0.0.1:9")


@pytest.mark.parametrize("outputs", [{}, {"WebhookSecretArn": ARN}])
def test_find_secret_takes_a_deployed_stack(monkeypatch: pytest.MonkeyPatch, outputs: dict[str, str]) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_DEFAULT_REGION"):
        monkeypatch.setenv(name, "us-east-1")
    monkeypatch.setattr(webhook_secret, "stack_outputs", lambda *_: outputs)
    if outputs:
        assert find_secret("shop")[1] == ARN
    else:
        with pytest.raises(IssueError, match="WebhookSecretArn"):
            find_secret("shop")
