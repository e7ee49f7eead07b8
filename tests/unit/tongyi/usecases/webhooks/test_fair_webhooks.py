"""One owner's slow receivers, and everybody else's webhooks; in seconds of a clock that only jumps."""

from __future__ import annotations

import math

import pytest

from tests.support.fakes.records import NOW, SECOND
from tests.support.fakes.webhook_world import World
from tongyi.models.webhooks.delivery import LONGEST_TURN_MS, SHORTEST_TURN_MS, DeliveryStatus, turn_wait_ms

MINUTE = 60 * SECOND
SLOW, FAST = "slow-15.example", "fast.example"


def _with_forty_slow(*, bounded: bool) -> World:
    """Forty of ann's, of 15 s each; and a second later one of bob's, as one each 20 s from then on."""
    world = World(bounded=bounded)
    for _ in range(40):
        world.tell("ann", SLOW)
    for second in (1, 21, 41):
        world.tell("bob", FAST, NOW + second * SECOND)
    world.work(8 * MINUTE)
    return world


@pytest.fixture(scope="module")
def forty() -> World:
    return _with_forty_slow(bounded=True)


def test_slow_receivers_of_one_owner_delay_nobody_else(forty: World) -> None:
    assert max(forty.delays("bob")) < 2


def test_slow_receivers_would_delay_all_without_a_bound() -> None:
    """What the test above is about does happen in this world."""
    world = _with_forty_slow(bounded=False)
    assert max(world.delays("bob")) > 40


def test_webhooks_that_are_held_back_are_all_tried_once_and_no_attempt_is_spent_on_waiting(
    forty: World,
) -> None:
    assert len([host for host, _ in forty.sender.came if host == SLOW]) == 40
    assert {len(delivery.attempts) for delivery in forty.deliveries.kept.values()} == {1}
    assert forty.leases.lent == {}


def test_slow_webhooks_use_the_places_of_their_owner_to_the_full(forty: World) -> None:
    """Forty of 15 s take 300 s at two places; and the line is not looked through all the time."""
    assert max(forty.delays("ann")) < 300 * 1.4
    assert forty.queue.looks < 40 * 25


def test_owner_does_not_fill_a_host_that_others_use_too() -> None:
    world = World()
    for _ in range(40):
        world.tell("ann", SLOW)
    world.tell("bob", SLOW, NOW + SECOND)
    world.work(MINUTE // 2)
    assert max(world.delays("bob")) < 2


def test_host_that_is_slow_for_all_leaves_functions_to_others() -> None:
    world = World()
    for number in range(40):
        world.tell(f"owner-{number}", SLOW)
    world.tell("bob", FAST, NOW + SECOND)
    world.work(MINUTE // 2)
    assert max(world.delays("bob")) < 2


def test_many_webhooks_of_one_owner_to_a_quick_receiver_all_come() -> None:
    world = World()
    for _ in range(200):
        world.tell("ann", FAST)
    world.work(3 * MINUTE)
    assert {delivery.status for delivery in world.deliveries.kept.values()} == {DeliveryStatus.DELIVERED}


@pytest.mark.parametrize("late_ms", [0, 8_007, 8_008, 60_000, 10**12])
def test_turn_waits_for_an_eighth_of_what_was_waited_within_limits(late_ms: int) -> None:
    wait = turn_wait_ms(late_ms, 0)
    assert wait == min(max(late_ms // 8, SHORTEST_TURN_MS), LONGEST_TURN_MS)
    assert turn_wait_ms(late_ms, 1) == 2 * wait


def test_turn_of_a_webhook_in_a_very_long_line_comes_before_the_queue_gives_up() -> None:
    """Twelve days on the queue are fewer looks than it counts (900)."""
    late, looks = 0, 0
    while late < 12 * 24 * 3_600_000:
        late, looks = late + turn_wait_ms(late, 0.5), looks + 1
    assert looks < 900 - math.ceil(12 * 24 / 12)
