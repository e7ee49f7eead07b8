"""Models that answer with the pictures: what may go wrong with the one call, which is never made twice blindly."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.images.generating import calls, generate, new_prompt, order, task_id
from tests.support.api_gateway import Reply
from tests.support.gateway import Gateway
from tests.workflow.records import await_true, job_of, record
from tongyi.gateways.dashscope import client as dashscope
from tongyi.models.images import catalog
from tongyi.models.tasks.status import ImageStatus, JobStatus

MODEL = "qwen-image-max"
ELSEWHERE = "https://pictures.example.net"

LOST: dict[str, dict[str, Any]] = {
    "hung up before the work": {"kind": "drop"},
    "hung up after the work": {"kind": "drop", "after": True},
    "server error in nobody's words": {"kind": "body", "status": 500, "json": {}, "after": True},
    "internal time-out": {"kind": "status", "status": 500, "code": "InternalError.Timeout", "after": True},
    "bad gateway": {"kind": "status", "status": 502, "after": True},
    "request timeout": {"kind": "status", "status": 408, "code": "RequestTimeOut", "after": True},
    "garbage": {"kind": "garbage"},
    "truncated": {"kind": "truncate"},
    "success without a picture": {"kind": "body", "json": {"request_id": "r", "output": {}}, "after": True},
}


def choice(*links: str) -> dict[str, Any]:
    content = [{"image": link} for link in links]
    return {"finish_reason": "stop", "message": {"role": "assistant", "content": content}}


ONE, TWO = f"{ELSEWHERE}/1.png", f"{ELSEWHERE}/2.png"
FORMS: dict[str, dict[str, Any]] = {
    "results": {"results": [{"url": ONE}, {"url": TWO}]},
    "many choices": {"choices": [choice(ONE), choice(TWO)]},
    "one choice with many pictures": {"choices": [choice(ONE, TWO)]},
}


def run(upstream: Gateway, prompt: str, model: str = MODEL, **parameters: Any) -> Reply:
    """Sends an order, and waits for its end."""
    return generate(upstream, order(model, prompt, **parameters))


@pytest.mark.parametrize("fault", LOST.values(), ids=LOST)
def test_dispatch_job_never_repeats_a_synchronous_call_whose_answer_was_lost(
    upstream: Gateway, fault: dict[str, Any]
) -> None:
    prompt = new_prompt()
    upstream.standin.add_fault("generate", prompt_contains=prompt, **fault)

    reply = run(upstream, prompt)

    assert (reply.status, reply.body["code"]) == (400, "SubmissionLost")
    assert reply.body["output"]["task_status"] == "FAILED"
    assert len(calls(upstream, prompt)) == 1


def test_dispatch_job_does_not_search_the_task_list_for_a_synchronous_call(upstream: Gateway) -> None:
    prompt = new_prompt()
    before = len(upstream.standin.ledger("list"))

    run(upstream, f"{prompt} #lost")

    assert len(upstream.standin.ledger("list")) == before


def test_dispatch_job_gives_up_on_an_answer_that_comes_too_late(
    upstream: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dashscope, "GENERATE_SECONDS", 1)
    prompt = new_prompt()
    upstream.standin.add_fault("generate", "delay", seconds=2, after=True, prompt_contains=prompt)

    reply = run(upstream, prompt)

    assert (reply.status, reply.body["code"]) == (400, "SubmissionLost")
    await_true(lambda: len(calls(upstream, prompt)) == 1, "the call that was given up")


@pytest.mark.parametrize("model", ["qwen-image-plus", MODEL, "qwen-image-2.0"])
def test_submit_task_takes_every_model_to_the_letter(upstream: Gateway, model: str) -> None:
    prompt = new_prompt()
    size = catalog.IMAGE_MODELS[model].sizes.default

    submitted = upstream.submit({"model": model, "prompt": prompt, "size": size})
    shown = upstream.finished(task_id(submitted), upstream.issue_key("alice"))

    assert (shown.status, shown.body["output"]["task_status"]) == (200, "SUCCEEDED")
    assert [call["body"]["parameters"]["size"] for call in calls(upstream, prompt)] == [size]


def test_submit_task_says_at_once_what_a_synchronous_model_refuses(upstream: Gateway) -> None:
    reply = upstream.submit({"model": MODEL, "prompt": f"{new_prompt()} #forbidden"})

    assert (reply.status, reply.body["code"]) == (400, "DataInspectionFailed")


@pytest.mark.parametrize(("marker", "status"), [("#throttle", 429), ("#busy", 503), ("#broken", 500)])
def test_dispatch_job_sends_a_synchronous_call_again_of_which_nothing_came(
    upstream: Gateway, marker: str, status: int
) -> None:
    prompt = f"{new_prompt()} {marker}"

    reply = run(upstream, prompt)

    assert reply.status == 200
    assert [call["status"] for call in calls(upstream, prompt)] == [status, 200]


def test_dispatch_job_takes_an_error_inside_a_200_for_a_refusal(upstream: Gateway) -> None:
    prompt = new_prompt()
    said = {"code": "DataInspectionFailed", "message": "Output data may contain it.", "request_id": "r"}
    upstream.standin.add_fault("generate", "body", json=said, prompt_contains=prompt)

    reply = run(upstream, prompt)

    assert (reply.status, reply.body["code"]) == (400, "DataInspectionFailed")
    assert len(calls(upstream, prompt)) == 1


@pytest.mark.parametrize("output", FORMS.values(), ids=FORMS)
def test_dispatch_job_takes_pictures_of_every_form(upstream: Gateway, output: dict[str, Any]) -> None:
    """From a host that nothing is copied from, so that the links stay those of the answer."""
    prompt = new_prompt()
    said = {"request_id": "r", "output": output, "usage": {"image_count": 2}}
    upstream.standin.add_fault("generate", "body", json=said, prompt_contains=prompt)

    reply = run(upstream, prompt, model="qwen-image-2.0", n=2)

    assert reply.status == 200, reply.text
    assert [result["url"] for result in reply.body["output"]["results"]] == [ONE, TWO]


def test_dispatch_job_has_an_entry_for_a_picture_that_was_not_made(upstream: Gateway) -> None:
    prompt = new_prompt()
    said = {"request_id": "r", "output": {"choices": [choice(ONE)]}}
    upstream.standin.add_fault("generate", "body", json=said, prompt_contains=prompt)

    reply = run(upstream, prompt, model="qwen-image-2.0", n=2)

    first, second = reply.body["output"]["results"]
    assert (reply.status, first["url"], second["code"]) == (200, ONE, "ResultMissing")
    assert reply.body["usage"] == {"image_count": 1}


def test_fan_out_succeeds_in_part_where_one_answer_was_lost(upstream: Gateway) -> None:
    prompt = new_prompt()
    upstream.standin.add_fault("generate", "drop", after=True, prompt_contains=prompt)

    reply = run(upstream, prompt, n=3)

    codes = [result.get("code", "") for result in reply.body["output"]["results"]]
    assert (reply.status, sorted(codes)) == (200, ["", "", "SubmissionLost"])
    assert len(calls(upstream, prompt)) == 3


def test_synchronous_task_is_never_checked_upstream(upstream: Gateway) -> None:
    before = len(upstream.standin.ledger("query"))

    reply = run(upstream, new_prompt())

    assert reply.status == 200
    assert len(upstream.standin.ledger("query")) == before
    job = job_of(upstream, task_id(reply))
    assert (job.status, job.upstream_task_id) == (JobStatus.SUCCEEDED, None)


def test_synchronous_task_survives_pictures_that_cannot_be_copied(upstream: Gateway) -> None:
    prompt = new_prompt()
    upstream.standin.add_fault("picture", "status", status=503, times=None, prompt_contains=prompt)

    reply = run(upstream, prompt)

    (result,) = reply.body["output"]["results"]
    assert (reply.status, result["stored"]) == (200, False)
    assert record(upstream, task_id(reply)).images[1].status is ImageStatus.UNCOPIED
