"""The DashScope key, from Secrets Manager, remembered for some minutes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tongyi.errors import ConfigurationError

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

CACHE_SECONDS = 300


class DashScopeKey:
    """Hands out the key. A changed secret is noticed after `CACHE_SECONDS` at the latest."""

    def __init__(self, client: SecretsManagerClient, secret_arn: str) -> None:
        from aws_lambda_powertools.utilities.parameters import SecretsProvider

        self._provider = SecretsProvider(boto3_client=client)
        self._arn = secret_arn

    def __call__(self) -> str:
        """The key. Raises ConfigurationError where the secret cannot be read or holds nothing."""
        from aws_lambda_powertools.utilities.parameters.exceptions import GetParameterError

        try:
            value = self._provider.get(self._arn, max_age=CACHE_SECONDS)
        except GetParameterError as error:
            raise ConfigurationError("The secret with the DashScope key cannot be read.") from error
        key = value.strip() if isinstance(value, str) else ""
        if not key:
            raise ConfigurationError("The secret with the DashScope key holds nothing yet.")
        return key
