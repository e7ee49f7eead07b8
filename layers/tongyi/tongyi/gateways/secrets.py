"""Secrets, from Secrets Manager, remembered for some minutes."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING

from tongyi.errors import ConfigurationError

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.parameters import SecretsProvider
    from mypy_boto3_secretsmanager import SecretsManagerClient

CACHE_SECONDS = 300


class Secret:
    """Hands out a secret. A changed one is noticed after `CACHE_SECONDS` at the latest.

    Its client is made when the secret is first asked for: not every function that may do so does.
    """

    what = "the value"

    def __init__(self, client: Callable[[], SecretsManagerClient], secret_arn: str) -> None:
        self._client = client
        self._arn = secret_arn

    @cached_property
    def _provider(self) -> SecretsProvider:
        from aws_lambda_powertools.utilities.parameters import SecretsProvider

        return SecretsProvider(boto3_client=self._client())

    def __call__(self) -> str:
        """The secret; that it holds nothing is not remembered. Raises ConfigurationError where it cannot be read."""
        return self._read(anew=False) or self.renewed()

    def renewed(self) -> str:
        """The secret as it is now, for whoever was told that the remembered one is no good. Raises as a call does."""
        key = self._read(anew=True)
        if not key:
            raise ConfigurationError(f"The secret with {self.what} holds nothing yet.")
        return key

    def _read(self, *, anew: bool) -> str:
        from aws_lambda_powertools.utilities.parameters.exceptions import GetParameterError

        try:
            value = self._provider.get(self._arn, max_age=CACHE_SECONDS, force_fetch=anew)
        except GetParameterError as error:
            raise ConfigurationError(f"The secret with {self.what} cannot be read.") from error
        return value.strip() if isinstance(value, str) else ""


class DashScopeKey(Secret):
    """The key that DashScope is called with."""

    what = "the DashScope key"


class WebhookMaster(Secret):
    """The secret that every secret of webhooks follows from."""

    what = "the master of webhook secrets"
