"""Users in the admin: those who own something are kept, and pages name people instead of listing
them all."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tasks import tokens
from tasks.models import ApiToken
from tests.dashboard import builds
from tests.dashboard.html import one, page, text, texts

USERS = "/admin/auth/user/"


def test_a_user_who_owns_tasks_is_kept(admin_browser: Client, user: User) -> None:
    builds.failed(user)
    address = f"{USERS}{user.pk}/delete/"
    said = text(one(page(admin_browser.get(address)), "#content"))
    assert "user has tasks. To keep them out, take away “Active”" in said
    admin_browser.post(address, {"post": "yes"})
    assert User.objects.filter(pk=user.pk).exists()


def test_a_user_with_agents_alone_is_kept_too(admin_browser: Client, user: User) -> None:
    builds.ready_agent(user)
    said = text(one(page(admin_browser.get(f"{USERS}{user.pk}/delete/")), "#content"))
    assert "user has agents." in said


def test_the_tokens_of_somebody_who_owns_nothing_go_with_them(
    admin_browser: Client, user: User
) -> None:
    tokens.issue(user)
    address = f"{USERS}{user.pk}/delete/"
    assert "API tokens: 1" in text(one(page(admin_browser.get(address)), "#content"))
    admin_browser.post(address, {"post": "yes"})
    assert not User.objects.filter(pk=user.pk).exists()
    assert not ApiToken.objects.exists()


def test_to_ask_whether_a_user_may_be_deleted_costs_the_same_however_much_they_own(
    admin_browser: Client, user: User
) -> None:
    asked = []
    for _ in range(2):
        builds.failed(user)
        with CaptureQueriesContext(connection) as captured:
            admin_browser.get(f"{USERS}{user.pk}/delete/")
        asked.append(len(captured))
    assert asked[0] == asked[1]


def test_when_a_user_signed_in_is_not_edited(admin_browser: Client, user: User) -> None:
    shown = page(admin_browser.get(f"{USERS}{user.pk}/change/"))
    assert shown.select("[name^=last_login], [name^=date_joined]") == []
    assert one(shown, ".field-last_login")


def test_who_gets_a_token_is_named(admin_browser: Client, user: User) -> None:
    address = "/admin/tasks/apitoken/add/"
    assert page(admin_browser.get(address)).select("form select") == []
    said = page(admin_browser.post(address, {"user": "nobody", "name": "laptop"}))
    assert texts(said, ".errorlist li") == ["There is no user with the name nobody."]
