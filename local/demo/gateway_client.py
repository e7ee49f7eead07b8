"""The gateway's HTTP API as a client sees it, for the demo and for tests."""

from dataclasses import dataclass
from typing import Any

import requests

# Seconds to connect and to wait for the next bytes of a reply; the API answers within 29 s.
TIMEOUT = (5, 35)


class RefusedError(Exception):
    """Raised when the gateway answers with an error; carries code, message and suggestion as it sent them."""

    def __init__(self, status: int, body: dict[str, Any]) -> None:
        lines = (f"{body.get('code', status)}: {body.get('message')}", body.get("suggestion"))
        super().__init__("\n".join(line for line in lines if line))
        self.status = status
        self.body = body


@dataclass(frozen=True)
class Reply:
    """A task's reply: the whole body, and when the gateway wants to be asked again (seconds)."""

    body: dict[str, Any]
    retry_after: float

    @property
    def output(self) -> dict[str, Any]:
        """The part about the task."""
        output: dict[str, Any] = self.body["output"]
        return output


class GatewayClient:
    """Calls the API at this base URL with this key."""

    def __init__(self, base_url: str, key: str) -> None:
        self._base_url = base_url
        self._session = requests.Session()
        # The gateway is on this machine: no proxy and no .netrc of the user's is asked.
        self._session.trust_env = False
        self._session.headers["Authorization"] = f"Bearer {key}"

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def chat(self, prompt: str) -> dict[str, Any]:
        """One chat turn. Raises RefusedError."""
        return self._call("POST", "/v1/tongyi", json={"prompt": prompt}).body

    def submit(self, **parameters: Any) -> Reply:
        """Submit a picture task: prompt, n, style … Raises RefusedError."""
        return self._call("POST", "/v1/wanxiang", json=parameters)

    def result(self, task_id: str) -> Reply:
        """What became of a task; a failed one is a reply too. Raises RefusedError."""
        return self._call("GET", "/v1/wanxiang-results", params={"task_id": task_id})

    def download(self, url: str) -> bytes:
        """A picture from its signed link, which carries its own permission."""
        with requests.Session() as session:
            session.trust_env = False
            reply = session.get(url, timeout=TIMEOUT)
        reply.raise_for_status()
        return reply.content

    def _call(self, method: str, path: str, **options: Any) -> Reply:
        reply = self._session.request(method, self._base_url + path, timeout=TIMEOUT, **options)
        try:
            body = reply.json()
        except ValueError:
            body = {"code": reply.status_code, "message": reply.text[:500]}
        if reply.status_code >= 400 and "output" not in body:
            raise RefusedError(reply.status_code, body)
        return Reply(body, float(reply.headers.get("Retry-After", 1)))
