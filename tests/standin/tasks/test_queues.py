"""The queue in front of the running slots."""

from __future__ import annotations

from dataclasses import dataclass

from local.standin.tasks.queues import Lane


@dataclass(eq=False)
class Job:
    ready: float
    lasts: float = 10.0
    starts: float = float("inf")

    @property
    def busy_until(self) -> float:
        return self.starts + self.lasts


def _lane(places: int, *jobs: Job) -> Lane[Job]:
    lane: Lane[Job] = Lane()
    for job in jobs:
        lane.add(job, places, 0.0)
    return lane


def test_one_place_serves_in_order() -> None:
    jobs = [Job(1.0), Job(1.0), Job(1.0)]
    _lane(1, *jobs)
    assert [job.starts for job in jobs] == [1.0, 11.0, 21.0]


def test_two_places_serve_two_at_once() -> None:
    jobs = [Job(0.0), Job(0.0), Job(0.0)]
    _lane(2, *jobs)
    assert [job.starts for job in jobs] == [0.0, 0.0, 10.0]


def test_no_number_of_places_means_no_queue() -> None:
    jobs = [Job(0.0), Job(0.0), Job(0.0)]
    _lane(0, *jobs)
    assert [job.starts for job in jobs] == [0.0, 0.0, 0.0]


def test_a_removed_job_lets_those_behind_it_move_up() -> None:
    first, second, third = Job(0.0), Job(0.0), Job(0.0)
    _lane(1, first, second, third).remove(second, 5.0)
    assert third.starts == 10.0


def test_a_move_up_never_leads_into_the_past() -> None:
    late, early = Job(50.0), Job(1.0)
    _lane(1, late, early).remove(late, 20.0)
    assert early.starts == 20.0


def test_a_running_job_keeps_its_start_when_another_is_removed() -> None:
    first, second = Job(3.0), Job(3.0)
    _lane(1, first, second).remove(second, 5.0)
    assert first.starts == 3.0


def test_fewer_places_hold_for_those_that_wait() -> None:
    jobs = [Job(0.0), Job(0.0), Job(0.0)]
    lane = _lane(2, *jobs)
    fourth = Job(1.0)
    lane.add(fourth, 1, 1.0)
    assert (jobs[2].starts, fourth.starts) == (10.0, 20.0)


def test_a_job_that_never_ends_keeps_the_others_waiting() -> None:
    stuck, other = Job(0.0, lasts=float("inf")), Job(0.0)
    _lane(1, stuck, other)
    assert other.starts == float("inf")
