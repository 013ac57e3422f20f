"""How many submissions a user may send in a minute."""

from __future__ import annotations

from typing import Any

import pytest
from rest_framework.test import APIClient

from tasks.api.throttles import SubmitThrottle
from tests.api.answers import error

pytestmark = pytest.mark.django_db

BODY = {"urls": ["https://example.com/"]}


@pytest.fixture
def two_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SubmitThrottle, "THROTTLE_RATES", {"submit": "2/min"})


@pytest.fixture
def counted(valkey: str) -> Any:
    """The counts are kept in a real cache, and forgotten after the test."""
    from django.core.cache import cache

    yield
    cache.clear()


def submit(client: APIClient, path: str = "/agents") -> Any:
    return client.post(path, BODY, format="json")


@pytest.mark.usefixtures("two_a_minute", "counted")
def test_too_many_submissions_are_told_when_to_come_back(
    api_client: APIClient, stranger_client: APIClient
) -> None:
    assert [submit(api_client).status_code for _ in range(2)] == [202, 202]
    response = submit(api_client)
    assert error(response, 429)[:2] == (None, "throttled")
    assert 1 <= int(response["Retry-After"]) <= 60
    assert submit(api_client, "/tasks").status_code == 429
    assert api_client.get("/tasks").status_code == 200
    assert submit(stranger_client).status_code == 202


@pytest.mark.usefixtures("two_a_minute")
def test_without_the_cache_submissions_are_taken_uncounted(
    api_client: APIClient, caplog: pytest.LogCaptureFixture
) -> None:
    assert [submit(api_client).status_code for _ in range(3)] == [202] * 3
    assert "not counted while the cache is down" in caplog.text
