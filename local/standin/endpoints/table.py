"""The endpoint table: a further protocol is a further module and a further row."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from local.standin.dialects import COMPATIBLE, NATIVE, Dialect
from local.standin.endpoints import messages
from local.standin.endpoints.chat import compatible, native
from local.standin.endpoints.images import generations, submissions, tasks, upload_policies
from local.standin.endpoints.routing import Call, Endpoint, Subject
from local.standin.exchange import Request
from local.standin.world import World


def _row(
    name: str,
    method: str,
    path: str,
    subject: Callable[[World, Call], Subject],
    handle: Callable[[World, Call], dict[str, Any]],
    dialect: Dialect = NATIVE,
) -> Endpoint:
    return Endpoint(name, method, re.compile(path), subject, handle, dialect)


_ID = r"(?P<task_id>[^/]+)"

ENDPOINTS = (
    _row(
        "submit",
        "POST",
        r"/api/v1/services/aigc/text2image/image-synthesis",
        submissions.subject,
        submissions.submit,
    ),
    _row(
        "generate",
        "POST",
        r"/api/v1/services/aigc/multimodal-generation/generation",
        messages.subject,
        generations.generate,
    ),
    _row(
        "chat", "POST", r"/api/v1/services/aigc/text-generation/generation", messages.subject, native.generate
    ),
    _row(
        "compatible",
        "POST",
        r"/compatible-mode/v1/chat/completions",
        messages.compatible_subject,
        compatible.complete,
        COMPATIBLE,
    ),
    _row("list", "GET", r"/api/v1/tasks/?", tasks.list_subject, tasks.list_tasks),
    _row("query", "GET", rf"/api/v1/tasks/{_ID}", tasks.query_subject, tasks.query),
    _row("cancel", "POST", rf"/api/v1/tasks/{_ID}/cancel", tasks.cancel_subject, tasks.cancel),
    _row("upload_policy", "GET", r"/api/v1/uploads/?", upload_policies.subject, upload_policies.issue),
)


def find_endpoint(request: Request) -> tuple[Endpoint, Mapping[str, str]] | None:
    """The endpoint of a request with the parameters in its path, or None."""
    for endpoint in ENDPOINTS:
        match = endpoint.path.fullmatch(request.path)
        if match and endpoint.method == request.method:
            return endpoint, match.groupdict()
    return None
