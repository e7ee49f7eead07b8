"""A stand-in whose clock moves only when a test moves it, and short ways to call it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests

from local.standin import StandIn

KEY = "the-first-key"
OTHER_KEY = "the-other-key"
# Seconds: long enough for any machine, reached only when something hangs.
TIMEOUT = 300
GENERATE = "/api/v1/services/aigc/multimodal-generation/generation"
COMPATIBLE = "/compatible-mode/v1/chat/completions"
NATIVE = "/api/v1/services/aigc/text-generation/generation"


@pytest.fixture(scope="session")
def one_for_all() -> Iterator[StandIn]:
    with StandIn([KEY, OTHER_KEY], pending_seconds=1, seconds_per_image=2, frozen=True) as running:
        yield running


@pytest.fixture
def standin(one_for_all: StandIn) -> StandIn:
    """The stand-in as at its start."""
    one_for_all.reset()
    return one_for_all


@pytest.fixture
def call(standin: StandIn) -> Callable[..., requests.Response]:
    """Call a path of the API with a good key."""

    def send(method: str, path: str, *, key: str | None = KEY, **more: Any) -> requests.Response:
        headers = {} if key is None else {"Authorization": f"Bearer {key}"}
        headers.update(more.pop("headers", {}))
        return requests.request(method, standin.url + path, headers=headers, timeout=TIMEOUT, **more)

    return send


@pytest.fixture
def submit(call: Callable[..., requests.Response]) -> Callable[..., requests.Response]:
    """Submit a picture task; keyword arguments become parameters."""

    def send(prompt: str = "a cat", *, key: str = KEY, **parameters: Any) -> requests.Response:
        body = {"model": "wanx-v1", "input": {"prompt": prompt}, "parameters": {"n": 1, **parameters}}
        path = "/api/v1/services/aigc/text2image/image-synthesis"
        return call("POST", path, key=key, json=body, headers={"X-DashScope-Async": "enable"})

    return send


@pytest.fixture
def generate(standin: StandIn, call: Callable[..., requests.Response]) -> Callable[..., requests.Response]:
    """Ask for pictures at once, without the time they take; keyword arguments become parameters."""
    standin.configure(seconds_per_image=0)

    def send(
        prompt: str = "a cat", *, model: str = "qwen-image-2.0", key: str | None = KEY, **parameters: Any
    ) -> requests.Response:
        messages = [{"role": "user", "content": [{"text": prompt}]}]
        body = {"model": model, "input": {"messages": messages}, "parameters": parameters}
        return call("POST", GENERATE, key=key, json=body)

    return send


@pytest.fixture
def complete(call: Callable[..., requests.Response]) -> Callable[..., requests.Response]:
    """Send messages in OpenAI's shape; keyword arguments become fields of the body."""

    def send(
        *messages: Any, model: str = "qwen-plus", key: str | None = KEY, **fields: Any
    ) -> requests.Response:
        body = {"model": model, "messages": list(messages), **fields}
        return call("POST", COMPATIBLE, key=key, json=body)

    return send


@pytest.fixture
def chat(call: Callable[..., requests.Response]) -> Callable[..., requests.Response]:
    """Send messages in DashScope's own shape; keyword arguments become parameters."""

    def send(*messages: Any, model: str = "qwen-plus", **parameters: Any) -> requests.Response:
        body = {"model": model, "input": {"messages": list(messages)}, "parameters": parameters}
        return call("POST", NATIVE, json=body)

    return send


@pytest.fixture
def policy(call: Callable[..., requests.Response]) -> Callable[..., dict[str, Any]]:
    """Ask for an upload policy and return what it says."""

    def ask(model: str = "wanx-v1", *, key: str = KEY) -> dict[str, Any]:
        reply = call("GET", f"/api/v1/uploads?action=getPolicy&model={model}", key=key)
        return dict(reply.json()["data"])

    return ask


@pytest.fixture
def upload(policy: Callable[..., dict[str, Any]]) -> Callable[..., requests.Response]:
    """Upload a file as the SDK does; keyword arguments replace fields of the form, None leaves one out."""

    def send(
        content: bytes = b"a file", granted: dict[str, Any] | None = None, **fields: str | None
    ) -> requests.Response:
        told = granted or policy()
        form: dict[str, str | None] = {
            "OSSAccessKeyId": told["oss_access_key_id"],
            "Signature": told["signature"],
            "policy": told["policy"],
            "key": told["upload_dir"] + "/cat.png",
            "x-oss-object-acl": told["x_oss_object_acl"],
            "x-oss-forbid-overwrite": told["x_oss_forbid_overwrite"],
            "success_action_status": "200",
            "x-oss-content-type": "image/png",
        }
        sent = {name: value for name, value in {**form, **fields}.items() if value is not None}
        return requests.post(
            told["upload_host"], data=sent, files={"file": ("cat.png", content)}, timeout=TIMEOUT
        )

    return send


@pytest.fixture
def made(submit: Callable[..., requests.Response]) -> Callable[..., str]:
    """Submit a picture task and return its id."""
    return lambda *args, **more: str(submit(*args, **more).json()["output"]["task_id"])


@pytest.fixture
def shown(call: Callable[..., requests.Response]) -> Callable[..., dict[str, Any]]:
    """Query a task and return the whole reply."""
    return lambda task_id, **more: dict(call("GET", f"/api/v1/tasks/{task_id}", **more).json())


@pytest.fixture
def links(
    standin: StandIn, made: Callable[..., str], shown: Callable[..., dict[str, Any]]
) -> Callable[..., list[str]]:
    """Submit a task, let it finish, and return its links."""

    def finish(*args: Any, **more: Any) -> list[str]:
        task_id = made(*args, **more)
        standin.advance(60)
        return [result["url"] for result in shown(task_id)["output"]["results"] if "url" in result]

    return finish
