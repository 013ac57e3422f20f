"""`GET /tasks/{id}/events` as JSON. As a stream it is tested in `tests/streams`."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from django.contrib.auth.models import User
from rest_framework.test import APIClient

from tasks.api.views import EVENTS_PER_PAGE
from tasks.models import TaskEvent, TaskState
from tests.api.answers import error
from tests.dashboard import builds

pytestmark = pytest.mark.django_db

FIELDS = {"seq", "type", "at", "state", "percent", "step", "message", "data"}


def events(client: APIClient, task: TaskState, **query: Any) -> dict[str, Any]:
    response = client.get(f"/tasks/{task.pk}/events", query)
    assert response.status_code == 200
    page: dict[str, Any] = response.json()
    return page


def test_the_history_is_gapless_and_every_event_can_draw_the_bar(
    api_client: APIClient, user: User
) -> None:
    page = events(api_client, builds.finished(user))
    assert page["next"] is None
    history = page["results"]
    assert [event["seq"] for event in history] == list(range(1, len(history) + 1))
    assert all(event.keys() == FIELDS for event in history)
    assert (history[0]["type"], history[0]["state"], history[0]["percent"]) == (
        "state",
        "QUEUED",
        0,
    )
    final = history[-1]
    assert (final["type"], final["state"], final["percent"]) == ("state", "SUCCESS", 100)
    percents = [event["percent"] for event in history]
    assert percents == sorted(percents)
    assert all(isinstance(percent, float) for percent in percents)
    assert all(datetime.fromisoformat(event["at"]).tzinfo for event in history)
    assert all(event["at"].endswith("Z") for event in history)


def test_after_gives_only_what_follows(api_client: APIClient, user: User) -> None:
    task = builds.finished(user)
    everything = events(api_client, task)["results"]
    assert events(api_client, task, after=3)["results"] == everything[3:]
    assert events(api_client, task, after=len(everything))["results"] == []
    assert events(api_client, task, after=2**63 - 1)["results"] == []


def test_last_event_id_counts_as_after(api_client: APIClient, user: User) -> None:
    task = builds.finished(user)
    response = api_client.get(f"/tasks/{task.pk}/events", HTTP_LAST_EVENT_ID="3")
    assert response.json()["results"][0]["seq"] == 4


@pytest.mark.parametrize("after", ["-1", "x", "1.5", "9" * 30])
def test_an_after_that_is_no_number_is_refused(
    api_client: APIClient, user: User, after: str
) -> None:
    path = f"/tasks/{builds.queued(user).pk}/events"
    assert error(api_client.get(path, {"after": after}), 400)[0] == "after"
    assert error(api_client.get(path, HTTP_LAST_EVENT_ID=after), 400)[0] == "after"


@pytest.mark.parametrize("more", [-1, 0, 1])
def test_a_long_history_comes_in_pages(api_client: APIClient, user: User, more: int) -> None:
    task = builds.queued(user)
    TaskEvent.objects.bulk_create(
        TaskEvent(task=task, seq=seq, type="log", state="RUNNING", percent=0)
        for seq in range(2, 2 * EVENTS_PER_PAGE + more + 1)
    )
    seen: list[int] = []
    after: int | None = 0
    while after is not None:
        page = events(api_client, task, after=after)
        assert len(page["results"]) <= EVENTS_PER_PAGE
        seen += [event["seq"] for event in page["results"]]
        after = page["next"]
    assert seen == list(range(1, 2 * EVENTS_PER_PAGE + more + 1))
