"""Connections that were kept over a freeze and are dead, though nothing says so.

Lambda drops what idles without a sign: what is sent over it is never answered (AWS Lambda developer guide, best
practices).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest

from tests.integration.workflow.scripted_server import ScriptedServer, Turn, scripted_server
from tests.support.fakes.gateways import FakeClock
from tongyi.clock import SystemClock
from tongyi.config import DashScopeSettings
from tongyi.errors import UpstreamAmbiguous
from tongyi.gateways import aws
from tongyi.gateways.dashscope import connection as dashscope_connection
from tongyi.gateways.dashscope.connection import DashScopeConnection

# Reached only when something hangs: no test takes as long.
SECONDS = 20.0
ANSWER, SILENCE, END, RESET = Turn
KEPT, LATER = 20_000, 20_001


class KnownKey:
    """A key that is never changed."""

    def __call__(self) -> str:
        return "a-key"

    renewed = __call__


class Case:
    """A connection to a server, and a clock that the test moves."""

    def __init__(self, server: ScriptedServer) -> None:
        self.clock = FakeClock()
        settings = DashScopeSettings(server.origin, "arn", "")
        self._connection = DashScopeConnection(settings, KnownKey(), self.clock)

    def ask(self) -> Any:
        return self._connection.again("POST", "/path", SECONDS, lambda said: said)

    def ask_after(self, idle_ms: int) -> Any:
        self.clock.now += idle_ms
        return self.ask()


@pytest.fixture
def brief(monkeypatch: pytest.MonkeyPatch) -> None:
    """A used connection is waited for a fifth of a second, in place of ten."""
    monkeypatch.setattr(dashscope_connection, "USED_SHARE", 0.01)


@pytest.mark.parametrize(("idle_ms", "connections"), [(KEPT, [2]), (LATER, [1, 1]), (-1, [1, 1])])
def test_connection_is_used_again_only_within_some_seconds(idle_ms: int, connections: list[int]) -> None:
    """A clock that was set back says nothing about how long it idled."""
    with scripted_server() as server:
        case = Case(server)
        case.ask()
        assert case.ask_after(idle_ms) == {}
        assert server.received == connections


@pytest.mark.usefixtures("brief")
@pytest.mark.parametrize("dead", [SILENCE, END, RESET])
def test_call_over_a_dead_connection_is_made_once_more_over_a_new_one(dead: Turn) -> None:
    with scripted_server([ANSWER, dead], [ANSWER, ANSWER]) as server:
        case = Case(server)
        case.ask()
        assert [case.ask(), case.ask()] == [{}, {}]
        assert server.received == [2, 2]


@pytest.mark.usefixtures("brief")
@pytest.mark.parametrize("dead", [END, RESET])
def test_call_is_made_twice_at_most(dead: Turn) -> None:
    with scripted_server([ANSWER, SILENCE], [dead], [ANSWER]) as server:
        case = Case(server)
        case.ask()
        with pytest.raises(UpstreamAmbiguous):
            case.ask()
        assert server.received == [2, 1]


@pytest.mark.parametrize("dead", [END, RESET])
def test_call_over_a_new_connection_is_made_once(dead: Turn) -> None:
    """What fails there is no matter of its age."""
    with scripted_server([dead], [ANSWER]) as server:
        case = Case(server)
        with pytest.raises(UpstreamAmbiguous):
            case.ask()
        assert server.received == [1]


@pytest.fixture
def table(monkeypatch: pytest.MonkeyPatch) -> Iterator[ScriptedServer]:
    """A server for DynamoDB, which answers once over its first connection and never again."""
    with scripted_server([ANSWER, SILENCE]) as server:
        for name in [name for name in os.environ if name.startswith("AWS_")]:
            monkeypatch.delenv(name)
        credentials = {"AWS_ACCESS_KEY_ID": "id", "AWS_SECRET_ACCESS_KEY": "secret"}
        settings = {"AWS_ENDPOINT_URL": server.origin, "AWS_DEFAULT_REGION": "us-east-1", **credentials}
        for name, value in settings.items():
            monkeypatch.setenv(name, value)
        aws.reset()
        yield server
        aws.client("dynamodb").close()
        aws.reset()


def test_client_of_aws_takes_a_new_connection_after_it_has_idled(
    table: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else its call would last until the read time-out, and be repeated then."""
    clock, key = FakeClock(), {"pk": {"S": "x"}}
    monkeypatch.setattr(SystemClock, "now_ms", lambda _: clock.now)
    aws.client("dynamodb").get_item(TableName="table", Key=key)
    clock.now += LATER
    aws.client("dynamodb").get_item(TableName="table", Key=key)
    assert table.received == [1, 1]


def test_client_of_aws_keeps_its_connection_while_it_is_used(
    table: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, key = FakeClock(), {"pk": {"S": "x"}}
    monkeypatch.setattr(SystemClock, "now_ms", lambda _: clock.now)
    monkeypatch.setattr(aws, "READ_SECONDS", 0.2)
    aws.client("dynamodb").get_item(TableName="table", Key=key)
    clock.now += KEPT
    aws.client("dynamodb").get_item(TableName="table", Key=key)
    assert table.received == [2, 1]
