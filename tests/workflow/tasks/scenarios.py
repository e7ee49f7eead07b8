"""The ways through the state machine, each named after the prompt that takes it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.workflow.interference import Crash, at_once, nonsense
from tests.workflow.tasks.walk import Fault, Way

DISPATCH, CHECK, STORE, CLOSE = (
    "DispatchJobFunction",
    "CheckJobFunction",
    "StoreImageFunction",
    "CloseTaskFunction",
)
ELSEWHERE = "https://pictures.example.net"
ONE = f"{ELSEWHERE}/1.png"
INSPECTED = {
    "code": "DataInspectionFailed",
    "message": "Output data may contain inappropriate content.",
}


def _upstream(endpoint: str, kind: str, **options: Any) -> Fault:
    return (endpoint, kind, options)


def _said(output: Mapping[str, Any], **options: Any) -> Fault:
    """A query's answer in place of the true one."""
    return _upstream("query", "body", json={"request_id": "r", "output": output}, **options)


WAYS: dict[str, Way] = {
    "succeeds": Way(n=2),
    "fails upstream": Way(
        faults=(_upstream("submit", "fail", code="InternalError.Algo", message="no luck"),)
    ),
    "has no picture": Way(n=2, faults=(_said({"task_status": "SUCCEEDED", "results": [INSPECTED] * 2}),)),
    "has no results at first": Way(faults=(_said({"task_status": "SUCCEEDED"}),)),
    "never has results": Way(faults=(_said({"task_status": "SUCCEEDED", "results": None}, times=None),)),
    "has half its results": Way(
        n=2,
        faults=(_said({"task_status": "SUCCEEDED", "results": [{"url": ONE}, "two"]}, times=None),),
    ),
    "partly fails": Way(n=2, faults=(_upstream("submit", "partial", indexes=[1], lying_metrics=True),)),
    "is canceled": Way(faults=(_upstream("submit", "stuck", task_status="CANCELED"),)),
    "is unknown at first": Way(faults=(_said({"task_status": "UNKNOWN"}),)),
    "dreams at first": Way(faults=(_said({"task_status": "DREAMING"}),)),
    "is refused for good": Way(
        faults=(_upstream("submit", "status", status=400, code="DataInspectionFailed", message="no"),)
    ),
    "is throttled": Way(
        faults=(_upstream("submit", "status", status=429, code="Throttling.RateQuota", message="slower"),)
    ),
    "finds the model down": Way(
        faults=(_upstream("submit", "status", status=503, code="ModelUnavailable", message="later"),)
    ),
    "has failing checks": Way(
        faults=(
            _upstream("query", "status", status=500),
            _upstream("query", "garbage"),
            _upstream("query", "drop"),
        )
    ),
    "has a flaky picture": Way(faults=(_upstream("picture", "status", status=503, times=3),)),
    "has a broken picture": Way(faults=(_upstream("picture", "truncate", times=None),)),
    "has pictures elsewhere": Way(faults=(_upstream("submit", "link_host", origin=ELSEWHERE),)),
    "crashes once in dispatch": Way(interferences={DISPATCH: Crash(DISPATCH, times=1)}),
    "crashes once in check": Way(interferences={CHECK: Crash(CHECK, times=1)}),
    "crashes once in store": Way(interferences={STORE: Crash(STORE, times=1)}),
    "crashes once in close": Way(interferences={CLOSE: Crash(CLOSE, times=1)}),
    "crashes in dispatch": Way(interferences={DISPATCH: Crash(DISPATCH)}),
    "crashes in check": Way(interferences={CHECK: Crash(CHECK)}),
    "crashes in store": Way(interferences={STORE: Crash(STORE)}),
    "crashes in close": Way(interferences={CLOSE: Crash(CLOSE)}),
    "gets nonsense": Way(interferences={DISPATCH: nonsense}),
    "has its pictures at once": Way(n=2, interferences={DISPATCH: at_once}),
}
