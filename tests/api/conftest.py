"""Who calls the API in these tests."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from rest_framework.test import APIClient

from tasks import tokens


def client_of(user: User) -> APIClient:
    """The API as `user` calls it, with a bearer token."""
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {tokens.issue(user)[1]}")
    return client


@pytest.fixture
def stranger(db: None) -> User:
    """Another user, who owns nothing that `user` may see."""
    return User.objects.create_user("stranger")


@pytest.fixture
def stranger_client(stranger: User) -> APIClient:
    return client_of(stranger)


@pytest.fixture
def staff_client(staff: User) -> APIClient:
    return client_of(staff)


@pytest.fixture
def nothing_private(settings: Any) -> None:
    """No private network may be crawled, as on a server that the internet can reach."""
    settings.AGENTFORGE_CRAWL_ALLOW_PRIVATE = []
