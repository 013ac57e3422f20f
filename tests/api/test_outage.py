"""While the database cannot be used, the API says when to ask again, in the shape of all errors."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from rest_framework.test import APIClient

from tests.api.answers import error
from tests.workflows import declared  # noqa: F401  (registers the workflows)

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def locked() -> Iterator[None]:
    """Somebody else writes for longer than a request waits."""
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL has no lock on the whole database; tests/engine cuts it off")
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA busy_timeout = 50")
    with closing(sqlite3.connect(settings.DATABASES["default"]["NAME"])) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.rollback()


def test_a_submission_is_answered_with_503_and_when_to_repeat_it(
    api_client: APIClient, locked: None
) -> None:
    api_client.raise_request_exception = False
    body = {"workflow": "test-seven", "params": {}}
    response = api_client.post("/tasks", body, format="json")
    attr, code, sentence = error(response, 503)
    assert (attr, code) == (None, "unavailable")
    assert sentence.startswith("The database cannot be used at this moment. Send the request again")
    assert response["Retry-After"] == "5"


def test_a_browser_gets_a_page_that_says_so(user: User, locked: None) -> None:
    form = {"username": user.username, "password": "user-password"}
    response = Client().post("/login/", form, headers={"Accept": "text/html"})
    assert (response.status_code, response["Retry-After"]) == (503, "5")
    assert "Load this page again in a few seconds." in response.content.decode()


def test_a_program_gets_the_shape_of_every_error_from_the_pages_too(
    user: User, locked: None
) -> None:
    form = {"username": user.username, "password": "user-password"}
    assert error(Client().post("/login/", form), 503)[1] == "unavailable"
