"""Settings of files of requests."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Self

from tongyi.config.reading import Environment, read


@dataclass(frozen=True, slots=True)
class FileSettings:
    """The bucket that files of orders are put into."""

    inbox_name: str

    @classmethod
    def from_env(cls, env: Environment = os.environ) -> Self:
        return cls(read(env, "INBOX_NAME", str))


@dataclass(frozen=True, slots=True)
class FileWorkflowSettings:
    """The state machine that sees files through."""

    state_machine_arn: str

    @classmethod
    def from_env(cls, env: Environment = os.environ) -> Self:
        return cls(read(env, "FILE_STATE_MACHINE_ARN", str))


@dataclass(frozen=True, slots=True)
class BusSettings:
    """The bus that things are told on."""

    bus_name: str

    @classmethod
    def from_env(cls, env: Environment = os.environ) -> Self:
        return cls(read(env, "EVENT_BUS_NAME", str))
