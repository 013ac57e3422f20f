"""Who looks at the admin in these tests."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client

from tests.people import staff_of


@pytest.fixture
def admin_browser(staff: User, client: Client) -> Client:
    """A browser in which a superuser is signed in."""
    client.force_login(staff)
    return client


@pytest.fixture
def onlooker_browser(db: None) -> Client:
    """A browser of a staff user who may look at tasks and change nothing."""
    onlooker = staff_of()
    onlooker.user_permissions.set(Permission.objects.filter(codename__startswith="view_"))
    browser = Client()
    browser.force_login(onlooker)
    return browser
