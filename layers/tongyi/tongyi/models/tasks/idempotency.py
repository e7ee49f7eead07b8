"""Orders that may be sent more than once, because an Idempotency-Key tells that they are one."""

from __future__ import annotations

import hashlib
import json
import uuid
from typing import Any

from tongyi.models.images.request import ImageRequest

# A name space of the gateway's own; any fixed UUID serves.
_NAMESPACE = uuid.UUID("6a1f3c52-8f0e-5d0b-9a56-5b2f0c6f7f31")


def task_id_for(key: str, owner: str) -> str:
    """The task id that a key of an owner always leads to, so that a repeated order finds the first.

    It may be worked out by others: the task is shown to its owner alone.
    """
    return str(uuid.uuid5(_NAMESPACE, json.dumps([owner, key])))


def open_task_id_for(key: str, salt: str) -> str:
    """The same for callers without an api key.

    Whoever has the id of such a task may read it, so nobody can work it out: `salt` is the gateway's secret.
    """
    return str(uuid.uuid5(_NAMESPACE, json.dumps([None, key, salt])))


def fingerprint(request: ImageRequest) -> str:
    """What two orders must have in common to be the same: SHA-256 of what is made of them, in hex."""
    order: list[Any] = [request.model.name, request.input, request.parameters, request.requested_size]
    if request.callback_url is not None:
        order.append(request.callback_url)
    return hashlib.sha256(json.dumps(order, sort_keys=True).encode()).hexdigest()
