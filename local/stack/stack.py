"""The embedded stack: ministack with the project's own template on it, and the stand-in as its upstream.

    with Stack(directory) as stack:
        requests.post(f"{stack.gateway_url}/v1/tongyi", json={"prompt": "你好"}, timeout=30)

Everything listens on 127.0.0.1 and free ports, writes below its directory alone, and ends with the process
that started it. Given an environment that holds DASHSCOPE_API_KEY, the real DashScope is the upstream instead
(DASHSCOPE_BASE_URL names another address of it); it has to be given, because pictures are then billed.
"""

import json
import secrets
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from local.stack import child_environment
from local.stack.aws import gateway_url, local_client
from local.stack.deployment import Deployment, tail
from local.stack.processes import ROOT, Child
from local.tools.issue_key import issue

MINISTACK_PYTHON = ROOT / ".venv" / "ministack" / "bin" / "python"
DEV_PYTHON = ROOT / ".venv" / "dev" / "bin" / "python"
DASHSCOPE = "https://dashscope.aliyuncs.com"
# Seconds.
START_DEADLINE = 60
# Quick first looks: the stand-in is done in seconds. Open routes, as documented: nobody else reaches this machine.
LOCAL_PARAMETERS = {
    "OpenRoutes": "true",
    "FirstCheckSeconds": "1",
    # Receivers on this machine, and no long waits for one that fails.
    "WebhookOrigins": f"http://{child_environment.HOST}",
    "WebhookRetrySeconds": "0,1,2,3,5",
}
# The outputs that name queues.
QUEUES = ("OrdersUrl", "OrdersAsideUrl", "DeliveriesUrl", "DeliveriesAsideUrl")


class StackError(Exception):
    """Raised when a part of the stack does not start; carries the end of its log."""


@dataclass(frozen=True)
class Upstream:
    """What plays DashScope: the parameters that point the template at it, and the key it takes."""

    parameters: Mapping[str, str]
    key: str
    standin_url: str = ""
    picture_url: str = ""


@dataclass
class Stack:
    """The running stack. Attributes are set once it is entered.

    directory       everything it writes
    name            of the CloudFormation stack
    standin         further options of the stand-in's command line
    parameters      of the template, over the defaults
    environment     where a key of the real DashScope may be
    enforce_iam     whether roles, signatures and signed links are checked, as on AWS
    say             told what is going on
    """

    directory: Path
    name: str = "tongyi-gateway"
    standin: Sequence[str] = ()
    parameters: Mapping[str, str] = field(default_factory=dict)
    template: Path = ROOT / "template.yaml"
    environment: Mapping[str, str] = field(default_factory=dict)
    enforce_iam: bool = True
    say: Callable[[str], None] = lambda text: None

    endpoint: str = ""
    gateway_url: str = ""
    gateway_key: str = ""
    upstream: Upstream = Upstream({}, "")
    outputs: Mapping[str, str] = field(default_factory=dict)
    children: list[Child] = field(default_factory=list)
    _cleanup: ExitStack = field(default_factory=ExitStack)

    def __enter__(self) -> Self:
        """Start everything. Raises StackError or DeploymentError; nothing then stays behind."""
        with ExitStack() as cleanup:
            cleanup.callback(self._stop_children)
            self._start()
            self._cleanup = cleanup.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop everything."""
        self._cleanup.close()

    def client(self, service: str) -> Any:
        """A boto3 client of the embedded stack."""
        return local_client(service, self.endpoint)

    def issue_key(self, owner: str) -> str:
        """A new API key for this owner."""
        return issue(self.client("dynamodb"), self.outputs["TableName"], owner)

    def detach(self) -> None:
        """Leave everything running when this process ends."""
        self._cleanup.pop_all()
        for child in self.children:
            child.let_go()

    def _start(self) -> None:
        for part in ("home", "tmp"):
            (self.directory / part).mkdir(parents=True, exist_ok=True)
        self.say("starting ministack and building the layers …")
        ministack = self._start_ministack()
        self.upstream = self._start_upstream()
        deployment = Deployment(self.endpoint, self.name, self.template, self.directory)
        deployment.build(MINISTACK_PYTHON)
        self._wait(ministack, self._is_healthy, "ministack")
        self.say("deploying template.yaml …")
        self.outputs = deployment.deploy({**LOCAL_PARAMETERS, **self.upstream.parameters, **self.parameters})
        self.gateway_url = gateway_url(self.endpoint, self.outputs)
        self._prepare()

    def _prepare(self) -> None:
        """Do what an operator does after a deployment, and what only this stack needs."""
        secret = self.outputs["DashScopeSecretArn"]
        self.client("secretsmanager").put_secret_value(SecretId=secret, SecretString=self.upstream.key)
        self.gateway_key = self.issue_key("demo")
        self._allow_plain_http()

    def _allow_plain_http(self) -> None:
        """The bucket and the queues take TLS only, and there is none between processes of one machine."""
        for bucket in (self.outputs["BucketName"], self.outputs["InboxName"]):
            self.client("s3").delete_bucket_policy(Bucket=bucket)
        sqs = self.client("sqs")
        for queue in (self.outputs[name] for name in QUEUES):
            found = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["Policy"])
            policy = json.loads(found["Attributes"]["Policy"])
            policy["Statement"] = [part for part in policy["Statement"] if part["Sid"] != "TlsOnly"]
            left = json.dumps(policy) if policy["Statement"] else ""
            sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": left})

    def _start_ministack(self) -> Child:
        port = free_port()
        self.endpoint = f"http://{child_environment.HOST}:{port}"
        environment = child_environment.for_ministack(
            port, self.directory, MINISTACK_PYTHON, enforce_iam=self.enforce_iam
        )
        command = [
            str(MINISTACK_PYTHON),
            "-I",
            str(ROOT / "local" / "stack" / "run_ministack.py"),
            sam_packages(),
        ]
        return self._child(command, environment, "ministack.log")

    def _start_upstream(self) -> Upstream:
        real = real_upstream(self.environment)
        if real is None:
            return self._start_standin()
        self.say(
            f"the upstream is {real.parameters['DashScopeBaseUrl']}, with your key: it bills what you make"
        )
        return real

    def _start_standin(self) -> Upstream:
        key = f"sk-{secrets.token_hex(16)}"
        ready = self.directory / "standin.json"
        command = [str(DEV_PYTHON), "-m", "local.standin", "--port", "0", "--picture-port", "0"]
        command += ["--ready-file", str(ready), *self.standin]
        environment = child_environment.for_standin([key], self.directory, DEV_PYTHON)
        child = self._child(command, environment, "standin.log")
        self._wait(child, ready.exists, "the stand-in")
        urls = json.loads(ready.read_text())
        parameters = {"DashScopeBaseUrl": urls["url"], "ResultHosts": urls["picture_url"]}
        return Upstream(parameters, key, urls["url"], urls["picture_url"])

    def _child(self, command: list[str], environment: Mapping[str, str], log: str) -> Child:
        child = Child(command, environment=environment, log=self.directory / log)
        self.children.append(child)
        return child

    def _is_healthy(self) -> bool:
        # An opener of its own: a proxy of the user's must not be asked for 127.0.0.1.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(f"{self.endpoint}/_ministack/health", timeout=5) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    def _wait(self, child: Child, is_ready: Callable[[], bool], what: str) -> None:
        """Wait until a part is ready. Raises StackError when it ends before that, or takes too long."""
        deadline = time.monotonic() + START_DEADLINE
        while not is_ready():
            if not child.is_running() or time.monotonic() > deadline:
                raise StackError(f"{what} did not start:\n{tail(child.log)}")
            time.sleep(0.05)

    def _stop_children(self) -> None:
        while self.children:
            self.children.pop().stop()


def real_upstream(environment: Mapping[str, str]) -> Upstream | None:
    """The real DashScope, if the environment holds a key for it."""
    key = environment.get("DASHSCOPE_API_KEY", "").strip()
    if not key:
        return None
    return Upstream({"DashScopeBaseUrl": environment.get("DASHSCOPE_BASE_URL") or DASHSCOPE}, key)


def sam_packages() -> str:
    """Where the sam environment keeps its packages; the environments share one Python version."""
    return str(next((ROOT / ".venv" / "sam" / "lib").glob("python*/site-packages")))


def free_port() -> int:
    """A TCP port on 127.0.0.1 that nothing listens on now."""
    with socket.socket() as probe:
        probe.bind((child_environment.HOST, 0))
        return int(probe.getsockname()[1])
