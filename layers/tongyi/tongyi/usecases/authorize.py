"""Who a request comes from: the owner of a gateway key, or nobody, where a route is open."""

from __future__ import annotations

from dataclasses import dataclass

from tongyi.errors import InvalidApiKey
from tongyi.gateways.dynamodb.api_key_table import KeyTable
from tongyi.models.webhooks.signing import key_id

# The routes that the gateway's documents leave open, as `METHOD /path`.
OPEN_ROUTES = frozenset({"POST /v1/tongyi", "POST /v1/wanxiang", "POST /v1/images/generations"})
SCHEME = "bearer "


@dataclass(frozen=True, slots=True)
class Caller:
    """Whoever sent a request: the key's owner, and the key's id, which opens nothing; None for one without a key."""

    owner: str | None
    key_id: str | None = None


class Authorize:
    """Looks at the Authorization header."""

    def __init__(self, keys: KeyTable, *, open_routes: bool) -> None:
        self._keys = keys
        self._open = OPEN_ROUTES if open_routes else frozenset()

    def run(self, route: str, authorization: str | None) -> Caller:
        """The caller. Raises InvalidApiKey for a bad key on any route, and for none where a key is needed."""
        if not authorization:
            if route in self._open:
                return Caller(owner=None)
            raise InvalidApiKey("This route needs a gateway key.")
        if not authorization.lower().startswith(SCHEME):
            raise InvalidApiKey("The Authorization header must read: Bearer and the key.")
        key = authorization[len(SCHEME) :].strip()
        owner = self._keys.owner(key)
        if owner is None:
            raise InvalidApiKey("The gateway key is not valid.")
        return Caller(owner, key_id(key))
