"""Fixtures that every test may use: users, an API client, a website, a broker, the whole stack."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test.utils import setup_databases, teardown_databases
from pytest_django.plugin import DjangoDbBlocker
from rest_framework.test import APIClient

from agents.crawl.rendering.chromium import find_chromium
from tests import browser
from tests.databases import NewDatabase, copies_of_the_test_database
from tests.emptying import quick_emptying
from tests.outside.platform import Platform
from tests.site import Site
from tests.stack import Stack
from tests.valkey import running_valkey, used_by_this_process


@pytest.fixture(scope="session")
def django_db_setup(
    tmp_path_factory: pytest.TempPathFactory,
    django_test_environment: None,
    django_db_modify_db_settings: None,
    django_db_blocker: DjangoDbBlocker,
) -> Iterator[NewDatabase]:
    """The test database, how it is emptied, and what makes others like it.

    It is there for stacks, too, of which pytest-django knows nothing.
    """
    with ExitStack() as ending:
        with django_db_blocker.unblock():
            created = setup_databases(verbosity=0, interactive=False, serialized_aliases=set())
            ending.enter_context(quick_emptying())
            directory = tmp_path_factory.mktemp("database")
            copies = ending.enter_context(copies_of_the_test_database(directory))
        yield copies
    with django_db_blocker.unblock():
        teardown_databases(created, verbosity=0)


@pytest.fixture(scope="session")
def new_database(django_db_setup: NewDatabase) -> NewDatabase:
    """Makes a database for a stack."""
    return django_db_setup


@pytest.fixture
def user(db: None) -> User:
    """Somebody who sees their own tasks and agents only."""
    return User.objects.create_user("user", "user@example.com", "user-password")


@pytest.fixture
def staff(db: None) -> User:
    """Somebody who sees everything and may enter the dashboard and the admin."""
    return User.objects.create_superuser("staff", "staff@example.com", "staff-password")


@pytest.fixture
def api_client(user: User) -> APIClient:
    """The API as `user` calls it, with a bearer token."""
    from tasks import tokens

    _, token = tokens.issue(user, "tests")
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    return client


@pytest.fixture
def site() -> Iterator[Site]:
    """A website on loopback; tests fill `site.pages` and read `site.requests`."""
    with Site() as running:
        yield running


@pytest.fixture(scope="session")
def valkey_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A Redis server's URL: REDIS_URL, or an embedded Valkey that runs as long as the tests."""
    if url := os.environ.get("REDIS_URL"):
        yield url
        return
    with running_valkey(tmp_path_factory.mktemp("valkey")) as url:
        yield url


@pytest.fixture
def valkey(valkey_url: str, settings: Any) -> Iterator[str]:
    """The same, as this process's cache, channel layer and broker, for one test."""
    with used_by_this_process(valkey_url, settings):
        yield valkey_url


@pytest.fixture(scope="session")
def platform() -> Iterator[Platform]:
    """An outside platform on loopback: the provider `outside` of the stack."""
    with Platform() as running:
        yield running


@pytest.fixture(scope="session")
def servers() -> dict[str, str]:
    """REDIS_URL and CELERY_BROKER_URL, as far as the environment names such servers.

    Who requests it, directly or not, sends messages through them: CI repeats that on RabbitMQ.
    """
    given = {name: os.environ.get(name) for name in ("REDIS_URL", "CELERY_BROKER_URL")}
    return {name: url for name, url in given.items() if url}


@pytest.fixture(scope="session")
def stack(
    tmp_path_factory: pytest.TempPathFactory,
    new_database: NewDatabase,
    platform: Platform,
    servers: dict[str, str],
) -> Iterator[Stack]:
    """Everything, running for real: web server, worker, scheduler and Valkey. See `tests.stack`."""
    data_dir = tmp_path_factory.mktemp("stack")
    with (
        new_database(data_dir) as environment,
        Stack.on(data_dir, **environment, **servers, **platform.environment) as running,
    ):
        yield running


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs a broker, and skip the browser tests on a machine that has no Chromium."""
    for item in items:
        if "servers" in getattr(item, "fixturenames", ()):
            item.add_marker("broker")
    if find_chromium() or browser.is_required():
        return
    for item in items:
        if item.get_closest_marker("browser"):
            item.add_marker(pytest.mark.skip(reason=browser.MISSING))
