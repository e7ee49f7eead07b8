"""The whole gateway over HTTP, as deployed."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from typing import Any
from urllib.parse import urljoin

import requests
from PIL import Image

from tests.embedded.conftest import Deployed

DOCUMENTED_PROMPT = (
    "一个女孩,穿着吊带,黑色吊带,透明背景,原始照片,杰作,中文,纯色背景,单人,中镜头,高细节脸,肩膀与框架平行,"
    "直视镜头,苗条的身体"
)


def test_chat_answers_the_documented_request(deployed: Deployed) -> None:
    reply = deployed.request("POST", "/v1/tongyi", json={"prompt": "请给我讲述一下淝水之战"})

    assert reply.status_code == 200, reply.text
    body = reply.json()
    assert body["code"] == 200
    assert "淝水之战" in body["message"]
    assert {"request_id", "model", "usage", "finish_reason"} <= body.keys()


def test_submission_answers_the_documented_request(deployed: Deployed) -> None:
    reply = deployed.request("POST", "/v1/wanxiang", json={"prompt": DOCUMENTED_PROMPT})

    assert reply.status_code == 200, reply.text
    assert reply.json().keys() == {"output", "request_id"}
    assert reply.json()["output"].keys() == {"task_id", "task_status"}
    assert int(reply.headers["Retry-After"]) >= 1


def test_location_leads_to_the_result(deployed: Deployed) -> None:
    reply = deployed.request("POST", "/v1/wanxiang", json={"prompt": "a fox"})

    location = urljoin(reply.url, reply.headers["Location"])
    found = requests.get(
        location, headers={"Authorization": f"Bearer {deployed.stack.gateway_key}"}, timeout=300
    )

    assert found.status_code == 200, found.text
    assert found.json()["output"]["task_id"] == reply.json()["output"]["task_id"]


def test_four_pictures_are_kept_and_handed_out(deployed: Deployed) -> None:
    task_id = deployed.submit({"prompt": "four pictures", "n": 4, "size": "1024*1024"})

    output = deployed.finished(task_id).json()["output"]

    links = [result["url"] for result in output["results"]]
    handed_out = [requests.get(link, timeout=300).content for link in links]
    assert handed_out == deployed.objects(task_id)
    assert [hashlib.sha256(content).hexdigest() for content in handed_out] == [
        result["sha256"] for result in output["results"]
    ]
    assert [Image.open(BytesIO(content)).size for content in handed_out] == [(1024, 1024)] * 4
    assert output["task_metrics"] == {"TOTAL": 4, "SUCCEEDED": 4, "FAILED": 0}


def test_nested_body_of_the_guide_is_taken(deployed: Deployed) -> None:
    body = {
        "model": "wanx-v1",
        "input": {"prompt": "一只奔跑的猫"},
        "parameters": {
            "style": "<sketch>",
            "size": "1024*1024",
            "n": 4,
            "seed": 42,
            "strength": 0.5,
            "ref_mode": "repaint",
        },
    }
    task_id = deployed.submit(body)

    assert deployed.finished(task_id).json()["usage"] == {"image_count": 4}


def test_twenty_at_once_are_each_sent_once_and_never_too_fast(deployed: Deployed) -> None:
    prompts = [f"one of twenty: {number}." for number in range(20)]
    with ThreadPoolExecutor(20) as pool:
        task_ids = list(pool.map(lambda prompt: deployed.submit({"prompt": prompt}), prompts))
    # One after the other: twenty that ask at once keep a busy machine from the tasks.
    ended = [deployed.finished(task_id) for task_id in task_ids]

    assert [reply.json()["output"]["task_status"] for reply in ended] == ["SUCCEEDED"] * 20
    # The stand-in enforces the limit: a call that was long on its way may meet the next ones there, and be refused.
    sent = [entry for entry in deployed.ledger("submit", "one of twenty:") if entry["status"] == 200]
    assert sorted(entry["prompt"] for entry in sent) == sorted(prompts)
    times = sorted(entry["time"] for entry in sent)
    assert times[-1] - times[0] > len(sent) / 2 - 1


def test_refusal_upstream_comes_back_with_the_submission(deployed: Deployed) -> None:
    order: dict[str, Any] = {
        "json": {"prompt": "something #forbidden"},
        "headers": {"Accept-Language": "en"},
    }
    # It comes back within three seconds or not at all: a busy machine may need a few orders.
    reply = deployed.request_while(200, "POST", "/v1/wanxiang", **order)

    assert reply.status_code == 400
    assert reply.headers["X-DashScope-Status"] == "400"
    body = reply.json()
    assert body["code"] == "DataInspectionFailed"
    assert "Rephrase" in body["suggestion"]


def test_failed_task_is_a_400_with_its_reason(deployed: Deployed) -> None:
    reply = deployed.finished(deployed.submit({"prompt": "this will #fail"}))

    assert reply.status_code == 400
    output = reply.json()["output"]
    assert output["task_status"] == "FAILED"
    assert output["code"]
    assert output["task_metrics"] == {"TOTAL": 1, "SUCCEEDED": 0, "FAILED": 1}


def test_partly_failed_task_counts_from_its_results(deployed: Deployed) -> None:
    reply = deployed.finished(deployed.submit({"prompt": "some are #lying", "n": 2}))

    body = reply.json()
    assert body["output"]["task_metrics"] == {"TOTAL": 2, "SUCCEEDED": 1, "FAILED": 1}
    assert body["usage"] == {"image_count": 1}
    assert body["output"]["results"][1].keys() == {"code", "message"}


def test_submission_whose_answer_is_lost_is_found_and_not_repeated(deployed: Deployed) -> None:
    task_id = deployed.submit({"prompt": "an answer gets #lost here"})

    assert deployed.finished(task_id).status_code == 200
    assert len(deployed.ledger("submit", "gets #lost here")) == 1


def test_unknown_task_is_a_404(deployed: Deployed) -> None:
    reply = deployed.request(
        "GET",
        "/v1/wanxiang-results?task_id=86ecf553-d340-4e21-af6e-a0c6a421c010",
        key=deployed.stack.gateway_key,
    )

    assert reply.status_code == 404
    assert reply.json()["output"]["task_status"] == "UNKNOWN"


def test_task_with_a_key_is_its_owners_alone(deployed: Deployed) -> None:
    alice, bob = deployed.stack.issue_key("alice"), deployed.stack.issue_key("bob")
    task_id = deployed.submit({"prompt": "alice's"}, key=alice)
    deployed.finished(task_id, key=alice)

    seen = deployed.request("GET", f"/v1/wanxiang-results?task_id={task_id}", key=bob)

    assert seen.status_code == 404


def test_result_without_a_key_is_refused_in_both_shapes(deployed: Deployed) -> None:
    reply = deployed.request("GET", "/v1/wanxiang-results?task_id=x")

    assert reply.status_code == 401
    assert reply.json().keys() == {"code", "message", "suggestion", "error", "request_id"}


def test_bad_key_is_refused_on_an_open_route(deployed: Deployed) -> None:
    reply = deployed.request("POST", "/v1/tongyi", key="tg-nobodys", json={"prompt": "hello"})

    assert reply.status_code == 401
    assert reply.json()["code"] == "InvalidApiKey"


def test_unknown_route_is_a_404_in_both_shapes(deployed: Deployed) -> None:
    """Also with a key, with a method that a known path does not have, and with a body that no route takes."""
    key, form = deployed.stack.gateway_key, {"image": ("a.png", b"...", "image/png")}
    replies = [
        deployed.request("GET", "/v1/nothing-here"),
        deployed.request("GET", "/v1/nothing-here", key=key),
        deployed.request("GET", "/", key=key),
        deployed.request("DELETE", "/v1/tongyi", key=key),
        deployed.request("POST", "/v1", key=key, json={"prompt": "a fox"}),
        deployed.request("POST", "/v1/images/edits", key=key, files=form),
    ]

    assert [reply.status_code for reply in replies] == [404] * 6
    assert [reply.json()["code"] for reply in replies] == ["RouteNotFound"] * 6
    assert {frozenset(reply.json()) for reply in replies} == {
        frozenset({"code", "message", "suggestion", "error", "request_id"})
    }
    assert {reply.headers["Access-Control-Allow-Origin"] for reply in replies} == {"*"}


def test_browser_may_call_from_another_origin(deployed: Deployed) -> None:
    asked = {"Origin": "https://app.example", "Access-Control-Request-Method": "POST"}
    preflight = deployed.request("OPTIONS", "/v1/wanxiang", headers=asked)
    reply = deployed.request("POST", "/v1/wanxiang", json={}, headers={"Origin": "https://app.example"})

    assert preflight.headers["Access-Control-Allow-Origin"] == "*"
    assert "Authorization" in preflight.headers["Access-Control-Allow-Headers"]
    assert reply.headers["Access-Control-Allow-Origin"] == "*"
    assert "Location" in reply.headers["Access-Control-Expose-Headers"]


def test_upstream_key_is_in_no_log_and_no_record(deployed: Deployed) -> None:
    deployed.finished(deployed.submit({"prompt": "a quiet one"}))

    table = deployed.stack.client("dynamodb").scan(TableName=deployed.stack.outputs["TableName"])
    logs = deployed.stack.client("logs")
    groups = [group["logGroupName"] for group in logs.describe_log_groups()["logGroups"]]
    events = [logs.filter_log_events(logGroupName=group)["events"] for group in groups]
    assert sum(len(found) for found in events) > 0
    assert deployed.stack.upstream.key not in repr(table)
    assert deployed.stack.upstream.key not in repr(events)


def test_images_route_answers_its_own_document(deployed: Deployed) -> None:
    body = (
        '{\r\n    "model": "qwen-image-plus", //支持模型qwen-image-plus、qwen-image-max、qwen-image-2.0\r\n'
        '    "input": {\r\n        "prompt": "一间有着精致窗户的花店,漂亮的木质门,摆放着花朵", //正向提示词\r\n'
        '        "negative_prompt": "" //反向提示词\r\n    },\r\n    "parameters": {\r\n'
        '        "size": "1024*1024", //图片规格\r\n        "n": 1 //图片数量,1-4.默认1\r\n    }\r\n}'
    )
    order: dict[str, Any] = {"data": body.encode(), "headers": {"Idempotency-Key": "its own document"}}
    # It waits for 25 seconds: a busy machine may need that a few times.
    reply = deployed.request_while(202, "POST", "/v1/images/generations", **order)

    assert reply.status_code == 200, reply.text
    output = reply.json()["output"]
    assert output["task_status"] == "SUCCEEDED"
    assert {"task_id", "submit_time", "scheduled_time", "end_time", "task_metrics"} <= output.keys()
    assert (output["requested_size"], output["size"]) == ("1024*1024", "1328*1328")
    assert {"orig_prompt", "actual_prompt", "url"} <= output["results"][0].keys()
    assert reply.json()["usage"] == {"image_count": 1}


def test_images_route_does_not_wait_for_who_does_not_want_to(deployed: Deployed) -> None:
    body = {
        "model": "qwen-image-2.0",
        "input": {"prompt": "two at once"},
        "parameters": {"n": 2, "size": "512*512"},
    }
    reply = deployed.request("POST", "/v1/images/generations", json=body, headers={"Prefer": "respond-async"})

    assert reply.status_code == 202, reply.text
    assert reply.headers["Preference-Applied"] == "respond-async"
    location = urljoin(reply.url, reply.headers["Location"])
    assert location.startswith(deployed.stack.gateway_url + "/v1/wanxiang-results?task_id=")
    done = deployed.finished(reply.json()["output"]["task_id"]).json()
    assert [(result["width"], result["height"]) for result in done["output"]["results"]] == [(512, 512)] * 2
    assert len(deployed.ledger("generate", "two at once")) == 1


def test_order_sent_fifty_times_at_once_is_made_once(deployed: Deployed) -> None:
    order = {"prompt": "fifty times the same"}
    key = {"Idempotency-Key": "fifty"}
    with ThreadPoolExecutor(25) as pool:
        replies = list(
            pool.map(lambda _: deployed.request("POST", "/v1/wanxiang", json=order, headers=key), range(50))
        )

    assert {reply.status_code for reply in replies} <= {200, 409}
    made = {reply.json()["output"]["task_id"] for reply in replies if reply.status_code == 200}
    assert len(made) == 1
    assert deployed.finished(made.pop()).status_code == 200
    assert len(deployed.ledger("submit", "fifty times")) == 1
