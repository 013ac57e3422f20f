"""What the tests of the pages share."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client


@pytest.fixture
def browser_of_staff(staff: User, client: Client) -> Client:
    """A browser in which a staff user is signed in."""
    client.force_login(staff)
    return client
