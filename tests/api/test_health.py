"""`/healthz` and `/readyz`: for machines that ask without a token."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from rest_framework.test import APIClient

from tasks import pulse
from tasks.models import Pulse, TaskState
from tests.api.answers import error
from tests.dashboard import builds

pytestmark = pytest.mark.django_db


@pytest.fixture
def nobody() -> APIClient:
    return APIClient()


def test_a_process_that_answers_is_alive(nobody: APIClient) -> None:
    response = nobody.get("/healthz")
    assert (response.status_code, response.json()) == (200, {"status": "ok"})


def test_without_a_broker_it_is_not_ready_and_says_so_soon(nobody: APIClient) -> None:
    began = time.monotonic()
    response = nobody.get("/readyz")
    assert time.monotonic() - began < 10
    body = response.json()
    assert (response.status_code, body["status"]) == (503, "not ready")
    assert {name: check["ok"] for name, check in body["checks"].items()} == {
        "database": True,
        "broker": False,
        "workers": False,
        "beat": False,
        "sweep": False,
    }


@pytest.mark.services
def test_with_a_broker_only_the_workers_are_missing(nobody: APIClient, valkey: str) -> None:
    pulse.record(pulse.BEAT)
    pulse.record(pulse.SWEEP)
    checks = nobody.get("/readyz").json()["checks"]
    assert [name for name, check in checks.items() if not check["ok"]] == ["workers"]


@pytest.mark.parametrize("name", [pulse.BEAT, pulse.SWEEP])
def test_a_pulse_that_stopped_is_missed(nobody: APIClient, name: str) -> None:
    def check() -> tuple[bool, str]:
        found = nobody.get("/readyz").json()["checks"][name]
        return found["ok"], found["detail"]

    assert check() == (False, "never yet")
    pulse.record(name)
    assert check() == (True, "0 s ago")
    Pulse.objects.update(at=timezone.now() - timedelta(seconds=40))
    assert check() == (False, "40 s ago")


def test_a_sweep_may_be_late_while_all_workers_are_busy(nobody: APIClient, user: User) -> None:
    Pulse.objects.create(name=pulse.SWEEP, at=timezone.now() - timedelta(minutes=5))
    task = builds.scraping(user)
    assert nobody.get("/readyz").json()["checks"]["sweep"] == {
        "ok": True,
        "detail": "all workers are busy",
    }
    TaskState.objects.filter(pk=task.pk).update(lease_expires_at=timezone.now())
    assert not nobody.get("/readyz").json()["checks"]["sweep"]["ok"]


def test_it_tells_how_long_the_oldest_task_has_waited(nobody: APIClient, user: User) -> None:
    assert nobody.get("/readyz").json()["queue_age_seconds"] == 0
    task = builds.queued(user)
    builds.scraping(user)
    TaskState.objects.filter(pk=task.pk).update(queued_at=task.queued_at - timedelta(minutes=1))
    assert 60 <= nobody.get("/readyz").json()["queue_age_seconds"] < 90


def test_it_names_no_address_and_no_password(nobody: APIClient) -> None:
    assert b"://" not in nobody.get("/readyz").content


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_another_method_is_refused_like_everywhere(path: str) -> None:
    """Also by who brings neither a token nor a CSRF token."""
    client = APIClient(enforce_csrf_checks=True)
    assert error(client.post(path), 405)[1] == "method_not_allowed"
