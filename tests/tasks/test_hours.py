"""The figures of charts: what ended when, and how long it took."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from tasks import hours, lifecycle, retention
from tasks.models import HourTotal, TaskState
from tests.tasks.engine import STEPS, claimed, finished, submitted

pytestmark = [pytest.mark.django_db, pytest.mark.services]

DAY = hours.span_named("day")
NOON = datetime(2026, 5, 4, 12, 0, 30, tzinfo=UTC)


def put(ago: timedelta, state: str = "SUCCESS", shard: int = 0) -> None:
    hour = (timezone.now() - ago).replace(minute=0, second=0, microsecond=0)
    HourTotal.objects.create(
        hour=hour, workflow="w", state=state, shard=shard, count=2, seconds=10.0
    )


def test_a_run_is_counted_in_the_hour_in_which_it_ends(task: TaskState) -> None:
    finished(task, *STEPS)
    failed = submitted(task.owner)
    lifecycle.fail(claimed(failed), "broken", "It broke.")
    now = hours.columns(DAY)[-1]
    assert now.ended == {"CANCELLED": 0, "FAILED": 1, "SUCCESS": 1}
    assert now.average is not None
    assert 0 <= now.average < 60


def test_the_runs_of_an_hour_are_added_up_in_one_row(
    task: TaskState, monkeypatch: pytest.MonkeyPatch
) -> None:
    for later, run in ((timedelta(), task), (timedelta(minutes=59), submitted(task.owner))):
        then = NOON + later
        monkeypatch.setattr(timezone, "now", lambda then=then: then)
        TaskState.objects.filter(pk=run.pk).update(queued_at=then - timedelta(seconds=20))
        lifecycle.fail(claimed(run), "broken", "It broke.")
    total = HourTotal.objects.get()
    assert (total.hour, total.count) == (NOON.replace(second=0), 2)
    assert total.seconds == pytest.approx(40)


def test_the_shards_of_an_hour_are_one_column() -> None:
    put(timedelta(hours=3), shard=1)
    put(timedelta(hours=3), shard=2)
    column = hours.columns(DAY)[-4]
    assert (column.ended["SUCCESS"], column.average) == (4, 5.0)


@pytest.mark.parametrize("name", ["day", "week", "month"])
def test_each_span_reaches_as_far_as_it_says(name: str) -> None:
    span = hours.span_named(name)
    reach = span.width * (span.columns - 1)
    put(reach)
    put(reach + 2 * span.width)
    found = hours.columns(span)
    assert len(found) == span.columns
    assert [column.ended["SUCCESS"] for column in found] == [2] + [0] * (span.columns - 1)


def test_what_took_long_is_averaged_over_what_succeeded_only() -> None:
    put(timedelta(0), "FAILED")
    assert hours.columns(DAY)[-1].average is None


def test_old_hours_are_removed() -> None:
    put(timedelta(days=400))
    put(timedelta(days=1))
    retention.clean_up()
    assert HourTotal.objects.count() == 1
