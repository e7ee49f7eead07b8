"""For the authorizer."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from tongyi import config
from tongyi.gateways import aws

if TYPE_CHECKING:
    from tongyi.usecases.authorize import Authorize


@lru_cache(maxsize=1)
def authorize() -> Authorize:
    """For the authorizer."""
    from tongyi.gateways.dynamodb.api_key_table import KeyTable
    from tongyi.usecases.authorize import Authorize

    keys = KeyTable(aws.client("dynamodb"), config.TableSettings.from_env().table_name)
    return Authorize(keys, open_routes=config.AuthSettings.from_env().open_routes)
