"""Slow receivers: how many functions they keep, and that those get free again whatever becomes of them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.integration.webhooks import webhooks
from tests.integration.webhooks.webhooks import Lapse, hand_over, messages, outcomes
from tests.support.gateway import Gateway
from tests.support.receiver import Receiver
from tongyi.gateways.dynamodb.lease_table import OWNER_PLACES, LeaseTable
from tongyi.gateways.outbound.webhook_sender import Sent, WebhookSender
from tongyi.usecases.webhooks.send_webhook import LEASE_MS


class CutOffError(BaseException):
    """Ends a function in the middle, as Lambda does at its time limit: nothing catches it."""


def test_slow_receivers_of_one_owner_leave_functions_to_others(
    running: Gateway, hooks: Receiver, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While a receiver keeps a function, the next message is handed over: so all are under way at a time."""
    ordered = [webhooks.ordered(running, key, f"{hooks.url}/slow") for _ in range(OWNER_PLACES + 2)]
    webhooks.ordered(running, running.issue_key("bob"), hooks.url)
    by_task = {json.loads(message["Body"])["task_id"]: message for message in messages(running)}
    waiting = [by_task.pop(task_id) for task_id in ordered]
    [quick] = by_task.values()
    real, done = WebhookSender.post, []

    def post(sender: WebhookSender, url: str, *args: Any) -> Sent:
        if url.endswith("/slow"):
            done.append(hand_over(waiting.pop(0)))
            if len(done) == 1:
                done.append(hand_over(quick))
        return real(sender, url, *args)

    monkeypatch.setattr(WebhookSender, "post", post)
    done.append(hand_over(waiting.pop(0)))

    # The first that is too many; another's; and then, from the innermost on, those that had a place.
    assert done == [False, True, *[True] * OWNER_PLACES]
    assert [webhook.path for webhook in hooks.came] == ["/hooks", *["/hooks/slow"] * OWNER_PLACES]
    tried = [len(outcomes(running, task_id, key)) for task_id in ordered]
    assert sorted(tried) == [0, 0, *[1] * OWNER_PLACES]


def test_webhook_that_was_held_back_comes_once_those_before_it_were_cut_off(
    running: Gateway, hooks: Receiver, key: str, lapse: Lapse
) -> None:
    for _ in range(OWNER_PLACES + 1):
        webhooks.ordered(running, key, hooks.url)
    *cut_off, held_back = messages(running)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(WebhookSender, "post", _cut_off)
        # What ends a function leaves it no time to give anything back.
        patch.setattr(LeaseTable, "take_back", _cut_off)
        for message in cut_off:
            with pytest.raises(CutOffError):
                hand_over(message)
    assert [hand_over(held_back) for _ in range(2)] == [False, False]
    assert hooks.came == []

    lapse.pass_by(LEASE_MS / 1000)

    assert hand_over(held_back) is True
    assert outcomes(running, json.loads(held_back["Body"])["task_id"], key) == [(204, None)]


def _cut_off(*_: Any) -> Sent:
    raise CutOffError
