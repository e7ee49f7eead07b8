"""A task as upstream shows it: in a query's reply and in the list."""

from __future__ import annotations

from typing import Any

from local.standin.clock import write_time
from local.standin.images.links import LinkSigner
from local.standin.tasks.schedule import Task


def unknown_task(task_id: str) -> dict[str, Any]:
    """What is said of a task that is not there, is somebody else's, or is forgotten."""
    return {"output": {"task_id": task_id, "task_status": "UNKNOWN"}}


def task_view(task: Task, now: float, signer: LinkSigner, picture_origin: str) -> dict[str, Any]:
    """The reply to a query, without its request_id."""
    status = task.status(now)
    if status == "UNKNOWN":
        return unknown_task(task.id)
    output: dict[str, Any] = {"task_id": task.id, "task_status": status, **_times(task, now)}
    view: dict[str, Any] = {"output": output}
    if status == "SUCCEEDED" and task.fate.stuck is None:
        results = _results(task, signer, task.fate.link_origin or picture_origin)
        output["results"] = results
        counted = task.order.n if task.fate.lying_metrics else sum("url" in result for result in results)
        view["usage"] = {"image_count": counted}
    if status == "FAILED" and task.fate.failure:
        output["code"], output["message"] = task.fate.failure
    output["task_metrics"] = _metrics(task, now)
    return view


def listed_task(task: Task, now: float) -> dict[str, Any]:
    """One entry of the task list; times in epoch milliseconds, absent when they have not come yet."""
    entry = {
        "api_key_id": task.key,
        "caller_parent_id": task.key,
        "caller_uid": task.key,
        "gmt_create": _milliseconds(task.submitted),
        "model_name": task.order.model,
        "region": "cn-beijing",
        "request_id": task.request_id,
        "status": task.status(now),
        "task_id": task.id,
        "user_api_unique_key": f"apikey:v1:aigc:text2image:image-synthesis:{task.order.model}",
    }
    for name, moment in _moments(task, now).items():
        entry[name] = _milliseconds(moment)
    return entry


def _milliseconds(moment: float) -> int:
    return int(moment * 1000)


def _moments(task: Task, now: float) -> dict[str, float]:
    moments = {}
    if task.starts <= now and task.canceled is None and task.fate.stuck != "PENDING":
        moments["start_time"] = task.starts
    if task.ends is not None and task.ends <= now:
        moments["end_time"] = task.ends
    return moments


def _times(task: Task, now: float) -> dict[str, str]:
    moments = _moments(task, now)
    times = {"submit_time": write_time(task.submitted)}
    if "start_time" in moments:
        times["scheduled_time"] = write_time(moments["start_time"])
    if "end_time" in moments:
        times["end_time"] = write_time(moments["end_time"])
    return times


def _results(task: Task, signer: LinkSigner, origin: str) -> list[dict[str, str]]:
    results = []
    for index in range(task.order.n):
        if index in task.fate.failed_images:
            code, message = task.fate.failed_images[index]
            results.append({"code": code, "message": message})
        else:
            results.append({**_prompts(task), "url": signer.link(origin, task, index)})
    return results


def _prompts(task: Task) -> dict[str, str]:
    if task.order.actual_prompt is None:
        return {}
    return {"orig_prompt": task.order.prompt, "actual_prompt": task.order.actual_prompt}


def _metrics(task: Task, now: float) -> dict[str, int]:
    total = task.order.n
    if task.fate.failure:
        # The documented example counts every picture of a failed task as failed.
        return {"TOTAL": total, "SUCCEEDED": 0, "FAILED": total if task.status(now) == "FAILED" else 0}
    over = task.images_over(now)
    failed = sum(index < over for index in task.fate.failed_images)
    if task.fate.lying_metrics:
        failed = 0
    return {"TOTAL": total, "SUCCEEDED": over - failed, "FAILED": failed}
