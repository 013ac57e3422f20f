"""`GET /metrics`: who may read it, and its two formats."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from prometheus_client.openmetrics.parser import (
    text_string_to_metric_families as parse_openmetrics,
)
from prometheus_client.parser import text_string_to_metric_families
from rest_framework.test import APIClient

from tasks import pulse
from tasks.models import Counter, TaskState
from tasks.states import Measure
from tests.api.answers import error
from tests.dashboard import builds

pytestmark = pytest.mark.django_db

Samples = dict[tuple[str, tuple[str, ...]], float]
OPENMETRICS = "application/openmetrics-text; version=1.0.0,text/plain; version=0.0.4;q=0.5"


def samples(text: str, parse: Any = text_string_to_metric_families) -> Samples:
    """The value of each sample by its name and the values of its labels."""
    return {
        (sample.name, tuple(sample.labels[name] for name in sorted(sample.labels))): sample.value
        for family in parse(text)
        for sample in family.samples
    }


def test_it_is_for_staff_only(api_client: APIClient, staff_client: APIClient) -> None:
    assert error(APIClient().get("/metrics"), 401)[1] == "not_authenticated"
    assert error(api_client.get("/metrics"), 404)[1] == "not_found"
    assert staff_client.get("/metrics").status_code == 200


def test_a_session_of_staff_will_do(staff: User) -> None:
    browser = Client()
    browser.force_login(staff)
    assert browser.get("/metrics/").status_code == 200


def test_it_can_be_opened_to_everybody(settings: Any) -> None:
    settings.AGENTFORGE_METRICS_PUBLIC = True
    assert APIClient().get("/metrics").status_code == 200


def test_prometheus_can_read_it(staff_client: APIClient, user: User) -> None:
    builds.queued(user)
    builds.scraping(user)
    builds.cancelled(user)
    pulse.record(pulse.BEAT)
    response = staff_client.get("/metrics")
    assert response["Content-Type"].startswith("text/plain; version=0.0.4")
    read = samples(response.content.decode())
    build = "build-agent"
    assert read["agentforge_tasks", ("QUEUED", build)] == 1
    assert read["agentforge_tasks", ("RUNNING", build)] == 1
    assert read["agentforge_tasks_finished_total", ("CANCELLED", build)] == 1
    assert read["agentforge_tasks_finished_total", ("FAILED", build)] == 0
    assert read["agentforge_step_duration_seconds_count", ("SUCCESS", "validate", build)] >= 1
    assert read["agentforge_step_rescues_total", ("scrape", build)] == 0
    ticked = read["agentforge_last_pulse_timestamp_seconds", ("beat",)]
    assert ticked == pytest.approx(timezone.now().timestamp(), abs=10)


def test_it_speaks_openmetrics_to_those_who_ask(staff_client: APIClient) -> None:
    response = staff_client.get("/metrics", HTTP_ACCEPT=OPENMETRICS)
    assert response["Content-Type"].startswith("application/openmetrics-text")
    assert ("agentforge_tasks", ("QUEUED", "build-agent")) in samples(
        response.content.decode(), parse_openmetrics
    )


def test_a_histogram_is_cumulative(staff_client: APIClient) -> None:
    for bound, count in [(0.5, 2), (60.0, 3)]:
        Counter.objects.create(
            measure=Measure.RUN,
            workflow="build-agent",
            state="SUCCESS",
            bound=bound,
            shard=0,
            count=count,
            seconds=count * bound,
        )
    read = samples(staff_client.get("/metrics").content.decode())
    name, labels = "agentforge_task_duration_seconds", ("SUCCESS", "build-agent")
    buckets = [
        read[f"{name}_bucket", (le, *labels)] for le in ("0.1", "0.5", "15.0", "60.0", "+Inf")
    ]
    assert buckets == [0, 2, 2, 5, 5]
    assert (read[f"{name}_count", labels], read[f"{name}_sum", labels]) == (5, 181)


def test_the_same_as_json(staff_client: APIClient, user: User) -> None:
    task = builds.queued(user)
    builds.cancelled(user)
    TaskState.objects.filter(pk=task.pk).update(queued_at=task.queued_at - timedelta(minutes=1))
    response = staff_client.get("/metrics", HTTP_ACCEPT="application/json")
    assert response["Content-Type"] == "application/json"
    body = response.json()
    assert 60 <= body["queue_age_seconds"] < 90
    build = body["workflows"]["build-agent"]
    assert build["unfinished"] == {"QUEUED": 1, "RUNNING": 0}
    assert build["finished"] == {"CANCELLED": 1, "FAILED": 0, "SUCCESS": 0}
    assert build["average_seconds"]["CANCELLED"] < 10
    assert build["error_rate"] is None
    assert build["steps"]["scrape"] == {
        "attempts": {"CANCELLED": 1},
        "average_seconds": {"CANCELLED": pytest.approx(0, abs=10)},
        "retries": 0,
        "rescues": 0,
    }
