"""Who may see the pages."""

from __future__ import annotations

import uuid

import pytest
from django.contrib.auth.models import User
from django.test import Client

from tests.dashboard import builds
from tests.dashboard.html import one, page, text

PAGES = ["/", "/dashboard/tasks/", "/dashboard/tasks/rows", "/dashboard/agents/"]
PAGES.append("/dashboard/agents/new")


@pytest.mark.django_db
@pytest.mark.parametrize("path", PAGES)
def test_whoever_is_not_signed_in_is_sent_to_the_login_and_back(client: Client, path: str) -> None:
    assert client.get(path).headers["Location"] == f"/login/?next={path}"


@pytest.mark.parametrize("path", PAGES)
def test_a_user_who_is_not_staff_is_sent_to_the_login(
    client: Client, user: User, path: str
) -> None:
    client.force_login(user)
    assert client.get(path).status_code == 302


def test_a_user_who_is_not_staff_is_told_why(client: Client, user: User) -> None:
    client.force_login(user)
    shown = page(client.get("/", follow=True))
    assert "signed in as user" in text(one(shown, ".notice"))
    tokens = str(one(shown, ".notice a")["href"])
    assert text(one(page(client.get(tokens)), "h1")) == "API tokens"


def test_a_task_is_not_shown_to_a_user_who_is_not_staff(client: Client, user: User) -> None:
    client.force_login(user)
    response = client.get(f"/dashboard/tasks/{builds.queued(user).pk}/")
    assert response.status_code == 302


def test_signing_in_leads_to_the_page_that_was_asked_for(client: Client, staff: User) -> None:
    form = {"username": "staff", "password": "staff-password", "next": "/dashboard/agents/"}
    assert client.post("/login/", form).headers["Location"] == "/dashboard/agents/"


@pytest.mark.django_db
def test_a_wrong_password_is_answered_with_a_sentence(client: Client) -> None:
    response = client.post("/login/", {"username": "staff", "password": "wrong"})
    assert "correct username and password" in text(one(page(response), "[role=alert]"))


def test_signing_out_ends_the_session(browser_of_staff: Client) -> None:
    assert browser_of_staff.post("/logout/").headers["Location"] == "/login/"
    assert browser_of_staff.get("/").status_code == 302


@pytest.mark.parametrize("kind", ["tasks", "agents"])
def test_what_is_not_there_is_a_page_that_says_so(browser_of_staff: Client, kind: str) -> None:
    response = browser_of_staff.get(
        f"/dashboard/{kind}/{uuid.uuid4()}/", headers={"Accept": "text/html"}
    )
    assert "There is nothing here" in text(page(response, 404))


@pytest.mark.parametrize("path", ["/dashboard/tasks", "/dashboard/agents"])
def test_a_page_is_found_without_its_last_slash(browser_of_staff: Client, path: str) -> None:
    assert browser_of_staff.get(path).status_code == 200
