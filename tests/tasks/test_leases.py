"""Who holds a lease, and whether that process is still there."""

from __future__ import annotations

import os
from datetime import timedelta

import pytest
from django.utils import timezone

from tasks import leases
from tasks.models import TaskState
from tests.tasks.workers import ELSEWHERE, OtherWorker


def test_this_process_is_alive() -> None:
    assert not leases.is_dead(leases.current_holder())


def test_a_holder_names_one_process_and_fits_its_column() -> None:
    holder = leases.current_holder()
    assert f"/{os.getpid()}/" in holder
    assert len(holder) <= (TaskState._meta.get_field("lease_holder").max_length or 0)


def test_another_process_is_alive_until_it_is_killed(other_worker: OtherWorker) -> None:
    assert other_worker.holder != leases.current_holder()
    assert not leases.is_dead(other_worker.holder)
    other_worker.kill()
    assert leases.is_dead(other_worker.holder)


def test_a_killed_process_is_dead_before_its_parent_has_asked(other_worker: OtherWorker) -> None:
    os.kill(other_worker.pid, 9)
    os.waitid(os.P_PID, other_worker.pid, os.WEXITED | os.WNOWAIT)
    assert leases.is_dead(other_worker.holder)


def test_a_process_that_reuses_the_id_is_another_one() -> None:
    host_and_pid, _, started = leases.current_holder().rpartition("/")
    assert leases.is_dead(f"{host_and_pid}/{int(started) - 1}")


def test_nobody_knows_whether_a_process_elsewhere_is_dead() -> None:
    assert not leases.is_dead(ELSEWHERE)


@pytest.mark.parametrize(
    ("holder", "seconds_left", "is_held"),
    [
        (ELSEWHERE, 5, True),
        (ELSEWHERE, 0, False),
        (ELSEWHERE, None, False),
        ("", 5, False),
    ],
)
def test_a_task_is_held_until_its_lease_ends(
    holder: str, seconds_left: float | None, is_held: bool
) -> None:
    now = timezone.now()
    end = None if seconds_left is None else now + timedelta(seconds=seconds_left)
    task = TaskState(lease_holder=holder, lease_expires_at=end)
    assert leases.is_held(task, now) == is_held


def test_or_until_its_holder_is_dead(other_worker: OtherWorker) -> None:
    now = timezone.now()
    end = now + timedelta(seconds=60)
    task = TaskState(lease_holder=other_worker.holder, lease_expires_at=end)
    assert leases.is_held(task, now)
    other_worker.kill()
    assert not leases.is_held(task, now)


def test_a_machine_that_was_booted_again_is_another_one() -> None:
    holder = leases.current_holder()
    boot = holder.partition("@")[2].partition("/")[0]
    assert boot
    assert not leases.is_dead(holder.replace(f"@{boot}/", "@another/").replace("/", "/9", 1))
