"""The official dashscope SDK, of which only the base URL is changed."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import dashscope
import pytest
from dashscope.aigc import generation, image_synthesis, multimodal_conversation
from dashscope.api_entities.aio_session import close_shared_aio_session
from dashscope.api_entities.http_request import close_shared_sync_session
from dashscope.common.error import InvalidTask, UploadFileException
from dashscope.v2 import errors
from PIL import Image

from tests.embedded.conftest import Deployed
from tests.embedded.sdk import add_fault, download
from tests.support.patience import PATIENCE

# The SDK's own types know neither its lists nor its dictionaries.
AioGeneration: Any = generation.AioGeneration
AioImageSynthesis: Any = image_synthesis.AioImageSynthesis
Generation: Any = generation.Generation
ImageSynthesis: Any = image_synthesis.ImageSynthesis
MultiModalConversation: Any = multimodal_conversation.MultiModalConversation
WANX = "wanx-v1"
HELLO = [{"role": "user", "content": "hello"}]


@pytest.fixture(autouse=True)
def pointed_at_the_gateway(deployed: Deployed, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The SDK with a key of its own owner, so that lists hold nothing else."""
    key = deployed.stack.issue_key(f"sdk-{time.monotonic_ns()}")
    monkeypatch.setattr(dashscope, "base_http_api_url", f"{deployed.stack.gateway_url}/api/v1")
    monkeypatch.setattr(dashscope, "api_key", key)
    yield key
    close_shared_sync_session()


def until(task: Any, status: str) -> Any:
    """The task once it has that status."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        found = ImageSynthesis.fetch(task)
        if found.output.task_status == status:
            return found
        time.sleep(0.2)
    pytest.fail(f"the task did not become {status}: {found}")


def test_call_makes_pictures(deployed: Deployed) -> None:
    made = ImageSynthesis.call(model=WANX, prompt="an sdk fox", n=2, style="<sketch>", size="1024*1024")

    assert (made.status_code, made.output.task_status) == (200, "SUCCEEDED")
    assert made.usage.image_count == 2
    assert made.output.task_metrics == {"TOTAL": 2, "SUCCEEDED": 2, "FAILED": 0}
    contents = [download(result.url) for result in made.output.results]
    assert contents == deployed.objects(made.output.task_id)


def test_a_failed_task_is_a_reply(deployed: Deployed) -> None:
    prompt = "an sdk task that fails"
    add_fault(deployed, endpoint="submit", kind="fail", prompt_contains=prompt, code="InternalError.Algo")

    made = ImageSynthesis.call(model=WANX, prompt=prompt, n=1)

    assert (made.status_code, made.output.task_status) == (200, "FAILED")
    assert made.output.code == "InternalError.Algo"


@pytest.mark.parametrize("status", ["PENDING", "RUNNING", "SUSPENDED"])
def test_a_task_is_fetched_while_it_goes_on(deployed: Deployed, status: str) -> None:
    prompt = f"an sdk task that stays {status}"
    stuck = {"kind": "stuck", "task_status": status, "holds_slot": False}
    add_fault(deployed, endpoint="submit", prompt_contains=prompt, **stuck)
    task = ImageSynthesis.async_call(model=WANX, prompt=prompt, n=1)

    assert until(task, status).status_code == 200


def test_an_unknown_task_is_a_reply() -> None:
    found = ImageSynthesis.fetch("86ecf553-d340-4e21-af6e-a0c6a421c010")
    assert (found.status_code, found.output.task_status) == (200, "UNKNOWN")


def test_another_callers_task_is_unknown(deployed: Deployed, monkeypatch: pytest.MonkeyPatch) -> None:
    task = ImageSynthesis.async_call(model=WANX, prompt="an sdk secret", n=1)
    monkeypatch.setattr(dashscope, "api_key", deployed.stack.issue_key("stranger"))

    assert ImageSynthesis.fetch(task).output.task_status == "UNKNOWN"
    assert ImageSynthesis.cancel(task).status_code == 404
    assert ImageSynthesis.list().output["total"] == 0


def test_a_pending_task_is_canceled(deployed: Deployed) -> None:
    prompt = "an sdk task to cancel"
    stuck = {"kind": "stuck", "task_status": "PENDING", "holds_slot": False}
    add_fault(deployed, endpoint="submit", prompt_contains=prompt, **stuck)
    task = ImageSynthesis.async_call(model=WANX, prompt=prompt, n=1)

    canceled = ImageSynthesis.cancel(task)

    assert (canceled.status_code, canceled.output["task_status"]) == (200, "CANCELED")
    assert ImageSynthesis.wait(task).output.task_status == "CANCELED"
    assert len(deployed.ledger("submit", prompt)) <= 1


def test_tasks_are_listed() -> None:
    first = ImageSynthesis.call(model=WANX, prompt="an sdk task to list", n=1)
    second = ImageSynthesis.async_call(model="qwen-image-plus", prompt="another sdk task to list", n=1)

    listed = ImageSynthesis.list(page_size=1).output
    filtered = ImageSynthesis.list(model_name=WANX, status="SUCCEEDED").output

    assert [task["task_id"] for task in listed["data"]] == [second.output.task_id]
    assert (listed["total"], listed["total_page"], listed["page_no"], listed["page_size"]) == (2, 2, 1, 1)
    assert [task["task_id"] for task in filtered["data"]] == [first.output.task_id]


def test_a_picture_of_ones_own_is_uploaded(deployed: Deployed, tmp_path: Path) -> None:
    path = tmp_path / "女孩 1.png"
    Image.new("RGB", (300, 400), "red").save(path)
    prompt = "an sdk reference picture"

    made = ImageSynthesis.call(
        model=WANX, prompt=prompt, n=1, ref_img=str(path), ref_mode="repaint", ref_strength=1.0
    )

    assert made.output.task_status == "SUCCEEDED", made
    [sent] = deployed.ledger("submit", prompt)
    assert sent["body"]["input"]["ref_img"].startswith("oss://")
    assert sent["body"]["input"]["ref_img"].endswith("/女孩 1.png")


def test_an_upload_serves_nobody_else(
    deployed: Deployed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "girl.png"
    Image.new("RGB", (300, 300), "red").save(path)
    prompt = "an sdk upload of mine"
    ImageSynthesis.call(model=WANX, prompt=prompt, n=1, sketch_image_url=str(path))
    [sent] = deployed.ledger("submit", prompt)
    monkeypatch.setattr(dashscope, "api_key", deployed.stack.issue_key("thief"))

    stolen = ImageSynthesis.async_call(
        model=WANX, prompt="stolen", n=1, ref_img=sent["body"]["input"]["ref_img"]
    )

    assert (stolen.status_code, stolen.code) == (400, "InvalidParameter")
    assert "not uploaded with your key" in stolen.message


def test_chat_answers() -> None:
    text = Generation.call(model="qwen-plus", prompt="hello")
    message = Generation.call(model="qwen-plus", messages=HELLO, result_format="message")

    assert "hello" in text.output.text
    assert "hello" in message.output.choices[0].message.content
    assert message.usage.total_tokens > 0


def test_chat_is_not_streamed() -> None:
    [said] = Generation.call(model="qwen-plus", prompt="hello", stream=True)
    assert (said.status_code, said.code) == (400, "InvalidParameter")
    assert "X-DashScope-SSE" in said.message


def test_conversation_makes_pictures_with_the_synchronous_models() -> None:
    message = {"role": "user", "content": [{"text": "an sdk flower shop"}]}
    made = MultiModalConversation.call(
        model="qwen-image-2.0",
        messages=[message],
        result_format="message",
        n=2,
        size="512*512",
        watermark=False,
    )

    assert made.status_code == 200, made
    parts = [choice.message.content[0] for choice in made.output.choices]
    assert [download(part["image"])[:4] for part in parts] == [b"\x89PNG"] * 2


def test_the_asynchronous_twins_do_the_same() -> None:
    async def program() -> tuple[Any, ...]:
        try:
            task = await AioImageSynthesis.async_call(model=WANX, prompt="an aio fox", n=1)
            done = await AioImageSynthesis.wait(task)
            return (
                task,
                done,
                await AioImageSynthesis.fetch(task),
                await AioImageSynthesis.cancel(task),
                await AioImageSynthesis.list(),
                await AioImageSynthesis.call(model=WANX, prompt="another aio fox", n=1),
                await AioGeneration.call(model="qwen-plus", messages=HELLO, result_format="message"),
            )
        finally:
            await close_shared_aio_session()

    task, done, fetched, canceled, listed, called, answered = _run(program)
    assert (task.output.task_status, done.output.task_status) == ("PENDING", "SUCCEEDED")
    assert fetched.output.results[0].keys() == done.output.results[0].keys()
    assert (canceled.status_code, canceled.code) == (400, "UnsupportedOperation")
    assert [entry["task_id"] for entry in listed.output["data"]] == [task.output.task_id]
    assert called.output.task_status == "SUCCEEDED"
    assert "hello" in answered.output.choices[0].message.content


def _run(program: Callable[[], Awaitable[tuple[Any, ...]]]) -> tuple[Any, ...]:
    async def main() -> tuple[Any, ...]:
        return await program()

    return asyncio.run(main())


def test_refusals_become_the_sdks_own_errors(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = tmp_path / "girl.png"
    Image.new("RGB", (300, 300)).save(path)
    refused = ImageSynthesis.async_call(model=WANX, prompt="x", n=9)
    assert (refused.status_code, refused.code) == (400, "InvalidParameter")
    with pytest.raises(InvalidTask, match=r"n: 9 is out of range"):
        ImageSynthesis.wait(refused)
    monkeypatch.setattr(dashscope, "api_key", "no-such-key")
    assert ImageSynthesis.async_call(model=WANX, prompt="x").code == "InvalidApiKey"
    with pytest.raises(UploadFileException, match="InvalidApiKey"):
        ImageSynthesis.async_call(model=WANX, prompt="x", ref_img=str(path))


def test_the_sdks_new_client_works_too(deployed: Deployed, pointed_at_the_gateway: str) -> None:
    base_url = f"{deployed.stack.gateway_url}/api/v1"
    with dashscope.Client(api_key=pointed_at_the_gateway, base_url=base_url) as client:
        assert download(client.images.generate(model=WANX, prompt="a new fox", n=1).image_urls[0])
        with pytest.raises(errors.BadRequestError, match="n: 9"):
            client.images.generate(model=WANX, prompt="x", n=9)
    stranger = dashscope.Client(api_key="no-such-key", base_url=base_url)
    with stranger, pytest.raises(errors.AuthenticationError):
        stranger.images.generate(model=WANX, prompt="x")
