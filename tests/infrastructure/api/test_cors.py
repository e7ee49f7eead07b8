"""What a browser is told before it sends a request of another origin's, and what it shows of the answer."""

from __future__ import annotations

import re
from pathlib import Path

import dashscope
import httpx2
from openai import OpenAI

from tests.infrastructure import translated
from tests.infrastructure.api.refusals import INTEGRATION, refusals
from tongyi.http.api import EXPOSED_HEADERS

# Sent without asking, or set by the browser itself (Fetch standard, CORS-safelisted and forbidden request-headers).
UNASKED = {"accept", "accept-encoding", "connection", "content-length", "host"}
# What openai-node 7.5.0 adds in browsers (its src/client.ts, buildHeaders, and src/internal/detect-platform.ts). Older
# ones sent a User-Agent too, which Firefox and Safari ask about.
OPENAI_NODE = {
    "authorization",
    "content-type",
    "openai-organization",
    "openai-project",
    "user-agent",
    "x-stainless-arch",
    "x-stainless-helper-method",
    "x-stainless-lang",
    "x-stainless-os",
    "x-stainless-package-version",
    "x-stainless-retry-count",
    "x-stainless-runtime",
    "x-stainless-runtime-version",
    "x-stainless-timeout",
}
# The parts of DashScope's SDK that make requests of these routes.
DASHSCOPE_PARTS = ("aigc", "api_entities", "client", "common", "utils")
OWN = {"accept-language", "authorization", "content-type", "idempotency-key", "prefer"}


def test_preflight_allows_every_header_of_the_gateway_and_of_both_sdks() -> None:
    """Pages run OpenAI's SDK for JavaScript, and the two for Python by WebAssembly.

    By name: the wildcard does not stand for Authorization (Fetch standard, CORS protocol).
    """
    sent = OWN | OPENAI_NODE | _openai_python() | _dashscope_python()

    assert sent - _allowed() == set()
    assert "*" not in _allowed()


def test_preflight_is_the_same_everywhere() -> None:
    answers = [
        operation[INTEGRATION]["responses"]["default"]["responseParameters"]
        for method, _, operation in translated.operations()
        if method == "OPTIONS"
    ]

    assert len(answers) == len(translated.definition()["paths"])
    assert all(answer == answers[0] for answer in answers)


def test_refusals_show_the_headers_that_the_functions_show() -> None:
    hidden = {
        f"{name}: {header}"
        for name, refusal in refusals().items()
        for header in EXPOSED_HEADERS
        if header in refusal.headers
        and header not in refusal.headers["Access-Control-Expose-Headers"].split(",")
    }

    assert hidden == set()
    assert {refusal.headers["Access-Control-Allow-Origin"] for refusal in refusals().values()} == {"*"}


def _allowed() -> set[str]:
    parameters = translated.definition()["paths"]["/v1/tongyi"]["options"][INTEGRATION]["responses"][
        "default"
    ]
    allowed: str = parameters["responseParameters"]["method.response.header.Access-Control-Allow-Headers"]
    return set(re.split(r",\s*", allowed.strip("'").lower()))


def _openai_python() -> set[str]:
    """The headers of real requests of the SDK's."""
    sent: set[str] = set()

    def answer(request: httpx2.Request) -> httpx2.Response:
        sent.update(request.headers)
        return httpx2.Response(200, json={})

    transport = httpx2.Client(transport=httpx2.MockTransport(answer))
    client = OpenAI(api_key="k", organization="o", project="p", base_url="http://x", http_client=transport)
    client.images.generate(prompt="a fox")
    client.chat.completions.with_raw_response.parse(model="qwen-plus", messages=[])
    return sent - UNASKED


def _dashscope_python() -> set[str]:
    """Every header that the SDK's source names, as it sends some only where a caller asks for them."""
    root = Path(dashscope.__file__).parent
    sources = [
        path.read_text(encoding="utf-8") for part in DASHSCOPE_PARTS for path in (root / part).rglob("*.py")
    ]
    named = {
        name.lower()
        for text in sources
        for name in re.findall(r'"(x-dashscope-[a-z-]+)"', text, re.IGNORECASE)
    }
    assert {"x-dashscope-async", "x-dashscope-sse", "x-dashscope-workspace"} <= named
    return named | {"x-accel-buffering", "cache-control"}
