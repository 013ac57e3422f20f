"""What the tests of the pages share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.contrib.auth.models import User
from django.test import Client
from playwright.sync_api import BrowserContext, Page

from tests.browser import signed_in, watched_tab
from tests.stack import Stack


@pytest.fixture
def browser_of_staff(staff: User, client: Client) -> Client:
    """A browser in which a staff user is signed in."""
    client.force_login(staff)
    return client


@pytest.fixture(scope="module")
def staff_browser(stack: Stack) -> Iterator[BrowserContext]:
    """A real browser in which the staff user of the stack is signed in, for one file of tests."""
    with signed_in(stack) as context:
        yield context


@pytest.fixture
def tab(staff_browser: BrowserContext) -> Iterator[Page]:
    """A tab in which nothing may go wrong."""
    with watched_tab(staff_browser) as page:
        yield page
