"""`make demo [PROMPT=".." N=4 STYLE="<sketch>"]`: the main job from start to end, on a stack of its own.

Chats once, submits a prompt, follows the task, saves the pictures from their signed links into out/ and
checks them against the hashes in the reply. Exits with 1 and the gateway's own words if something is refused.
"""

import os
import sys
import time
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from rich.console import Console

from local.demo.gateway_client import GatewayClient, Reply
from local.demo.progress import Progress, open_progress
from local.demo.steps import OUT, DemoError, Steps, keep, main, on_a_stack
from local.stack.processes import ROOT

QUESTION = "用一句话介绍你自己。"
PROMPT = "一只奔跑的猫,水墨画风格"
# Seconds the demo waits for its pictures; the real DashScope may have a queue.
TASK_DEADLINE = 900
# Seconds between two looks at most: someone is watching.
LONGEST_PAUSE = 2.0
FINAL = frozenset({"SUCCEEDED", "FAILED", "CANCELED"})


def order(environment: Mapping[str, str]) -> dict[str, Any]:
    """What to submit, from DEMO_PROMPT, DEMO_N and DEMO_STYLE. Raises DemoError."""
    number = environment.get("DEMO_N") or "4"
    if not number.isdecimal():
        raise DemoError("N must be a number, as in: make demo N=2")
    wanted = {"prompt": environment.get("DEMO_PROMPT") or PROMPT, "n": int(number)}
    style = environment.get("DEMO_STYLE")
    return wanted | ({"style": style} if style else {})


def run(wanted: Mapping[str, Any], console: Console) -> None:
    """Do the whole demo. Raises DemoError, RefusedError, StackError, DeploymentError, RequestException."""
    steps = Steps(console)
    with on_a_stack(steps) as stack, closing(GatewayClient(stack.gateway_url, stack.gateway_key)) as client:
        use_gateway(client, wanted, steps)
    steps.report()


def use_gateway(client: GatewayClient, wanted: Mapping[str, Any], steps: Steps) -> None:
    """Chat, submit, wait, save."""
    say = steps.console.print
    with steps.step("chatted"):
        answer = client.chat(QUESTION)
    say(f"\n> {QUESTION}\n{answer['message']}\n", markup=False)
    with steps.step("submitted the task"):
        task_id = client.submit(**wanted).output["task_id"]
    say(f"> {wanted['prompt']}\ntask {task_id}", markup=False)
    with steps.step("waited for the pictures"), open_progress(steps.console, wanted["n"]) as progress:
        reply = follow(client, task_id, progress)
    with steps.step("saved and verified them"):
        results = [(f"{task_id}-{number}", found) for number, found in enumerate(reply.output["results"], 1)]
        saved = [(save(client, name, found), found) for name, found in results if is_kept(found)]
    for path, found in saved:
        size = f"{found['width']}×{found['height']}, {found['bytes']} bytes"
        say(f"{path.relative_to(ROOT)}  {size}, sha256 {found['sha256'][:16]}…", markup=False)
    if missing := [f"{name}: {found}" for name, found in results if not is_kept(found)]:
        raise DemoError("\n".join(["not all pictures were made and kept:", *missing]))


def follow(client: GatewayClient, task_id: str, progress: Progress) -> Reply:
    """Ask for the task until it is final. Raises DemoError unless pictures came of it."""
    deadline = time.monotonic() + TASK_DEADLINE
    while time.monotonic() < deadline:
        reply = client.result(task_id)
        progress.show(reply.output["task_status"], finished(reply.output))
        if reply.output["task_status"] in FINAL:
            return _with_pictures(reply)
        time.sleep(min(reply.retry_after, LONGEST_PAUSE))
    raise DemoError(f"the task {task_id} was not done within {TASK_DEADLINE} s")


def _with_pictures(reply: Reply) -> Reply:
    if reply.output["task_status"] == "SUCCEEDED":
        return reply
    told = {**reply.body, **reply.output}
    names = ("task_status", "code", "message", "suggestion")
    raise DemoError("\n".join(str(told[name]) for name in names if told.get(name)))


def finished(output: Mapping[str, Any]) -> int:
    """How many pictures are done, well or not."""
    metrics = output.get("task_metrics") or {}
    return int(metrics.get("SUCCEEDED", 0)) + int(metrics.get("FAILED", 0))


def is_kept(found: Mapping[str, Any]) -> bool:
    """Whether the gateway has its own copy of a picture; some of a task's may have failed."""
    return "sha256" in found


def save(client: GatewayClient, name: str, found: Mapping[str, Any]) -> Path:
    """Download one picture into out/. Raises DemoError if its bytes are not those that the reply names."""
    return keep(client.download(found["url"]), OUT / name, found)


if __name__ == "__main__":
    sys.exit(main(lambda: run(order(os.environ), Console(highlight=False, soft_wrap=True))))
