"""Keeps the embedded stack running in the background: `python -m local.stack.background up` and `… down`.

What is known of the running stack is in .local/stack/state.json, what a shell wants in .local/stack.env.
Only `up` needs the environments; the rest is standard library, so that `make down` always works.
"""

import fcntl
import json
import os
import shlex
import shutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from local.stack import child_environment
from local.stack.processes import ROOT, ProcessId, exit_on_signals

if TYPE_CHECKING:
    from local.stack.stack import Stack

LOCAL = ROOT / ".local"


def up(local: Path = LOCAL) -> int:
    """Start the stack and leave it running; if it runs already, only say how to reach it."""
    from local.stack.deployment import DeploymentError
    from local.stack.stack import Stack, StackError

    with _alone(local):
        state = running(local)
        if state is None:
            _forget(local)
            try:
                with Stack(local / "stack", environment=os.environ, say=_say) as stack:
                    state = _state_of(stack)
                    _remember(local, state)
                    stack.detach()
            except (StackError, DeploymentError) as error:
                print(f"error: {error}", file=sys.stderr)
                return 1
        else:
            print("The stack is already up.")
    print(summary(state))
    return 0


def down(local: Path = LOCAL) -> int:
    """Stop the stack if it runs, and forget it."""
    if not local.is_dir():
        return 0
    with _alone(local):
        if (local / "stack").exists():
            print("stopping the stack …", flush=True)
        _forget(local)
    return 0


def running(local: Path = LOCAL) -> dict[str, Any] | None:
    """The state of the stack that runs in the background; None unless all of it runs."""
    state = _load(local)
    if state is not None and all(process.is_running() for process in _processes(state)):
        return state
    return None


def summary(state: Mapping[str, Any]) -> str:
    """How to reach the running stack, with a line to copy for each route."""
    url, key = state["gateway_url"], state["gateway_key"]
    order = '{"model": "qwen-image-plus", "input": {"prompt": "一只奔跑的猫"}}'
    json_body = "-H 'Content-Type: application/json'"
    return f"""
Base URL  {url}
API key   {key}
Webhooks  signed with {state["webhook_secret"]}
Upstream  {state["standin_url"] or "DashScope"}

Chat:     curl -X POST '{url}/v1/tongyi' {json_body} -d '{{"prompt": "你好"}}'
Pictures: curl -X POST '{url}/v1/wanxiang' {json_body} -d '{{"prompt": "一只奔跑的猫", "n": 2}}'
At once:  curl -X POST '{url}/v1/images/generations' {json_body} -d '{order}'
Result:   curl '{url}/v1/wanxiang-results?task_id=TASK_ID' -H 'Authorization: Bearer {key}'
Tasks:    curl '{url}/api/v1/tasks/' -H 'Authorization: Bearer {key}'

OpenAI's SDK     base_url={url}/v1
DashScope's SDK  base_http_api_url={url}/api/v1

For a shell: source .local/stack.env          To stop: make down"""


def shell_exports(state: Mapping[str, Any]) -> str:
    """The lines of stack.env: everything a shell needs, for the aws and sam commands too."""
    variables = {
        "GATEWAY_URL": state["gateway_url"],
        "GATEWAY_KEY": state["gateway_key"],
        "GATEWAY_WEBHOOK_SECRET": state["webhook_secret"],
        "STANDIN_URL": state["standin_url"],
        "STACK_NAME": state["name"],
        "ORDERS_URL": state["outputs"]["OrdersUrl"],
        "EVENT_BUS": state["outputs"]["EventBusName"],
        "INBOX": state["outputs"]["InboxName"],
        "AWS_ENDPOINT_URL": state["endpoint"],
        **child_environment.CREDENTIALS,
        "AWS_REGION": child_environment.REGION,
    }
    return "".join(f"export {name}={shlex.quote(value)}\n" for name, value in variables.items())


def _say(text: str) -> None:
    print(text, flush=True)


def _state_of(stack: "Stack") -> dict[str, Any]:
    from local.tools.webhook_secret import secret_of_key

    master = stack.outputs["WebhookSecretArn"]
    return {
        "name": stack.name,
        "endpoint": stack.endpoint,
        "gateway_url": stack.gateway_url,
        "gateway_key": stack.gateway_key,
        "webhook_secret": secret_of_key(stack.client("secretsmanager"), master, stack.gateway_key),
        "standin_url": stack.upstream.standin_url,
        "outputs": dict(stack.outputs),
        "processes": [{"pid": child.id.pid, "started": child.id.started} for child in stack.children],
    }


def _processes(state: Mapping[str, Any]) -> list[ProcessId]:
    return [ProcessId(process["pid"], process["started"]) for process in state["processes"]]


def _load(local: Path) -> dict[str, Any] | None:
    try:
        state: dict[str, Any] = json.loads((local / "stack" / "state.json").read_text())
    except (OSError, ValueError):
        return None
    return state


def _remember(local: Path, state: Mapping[str, Any]) -> None:
    _write_private(local / "stack" / "state.json", json.dumps(state, indent=1))
    _write_private(local / "stack.env", shell_exports(state))


def _write_private(path: Path, text: str) -> None:
    """Write a file that only its owner can read, never half of it."""
    unfinished = path.with_name(f".{path.name}.new")
    unfinished.unlink(missing_ok=True)
    with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    unfinished.replace(path)


def _forget(local: Path) -> None:
    """End what runs of the stack, and remove its files."""
    for process in _processes(_load(local) or {"processes": []}):
        process.end()
    (local / "stack.env").unlink(missing_ok=True)
    shutil.rmtree(local / "stack", ignore_errors=True)


@contextmanager
def _alone(local: Path) -> Iterator[None]:
    """One up or down at a time; the system drops the lock when the process ends, however it ends."""
    local.mkdir(exist_ok=True)
    with (local / "stack.lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


if __name__ == "__main__":
    exit_on_signals()
    sys.exit({"up": up, "down": down}[sys.argv[1]]())
