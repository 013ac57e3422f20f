"""The page of API tokens."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client

from tasks import tokens
from tasks.models import ApiToken
from tests.dashboard.html import one, page, text, texts
from tests.people import staff_of

ADDRESS = "/dashboard/tokens/"


@pytest.fixture
def browser_of_user(user: User) -> Client:
    """A browser in which somebody is signed in who is not staff."""
    browser = Client()
    browser.force_login(user)
    return browser


@pytest.fixture
def onlooker(db: None) -> User:
    """Staff who may look at the tokens of others and change nothing."""
    onlooker = staff_of()
    onlooker.user_permissions.set(Permission.objects.filter(codename="view_apitoken"))
    return onlooker


def names(browser: Client, query: str = "") -> list[str]:
    return texts(page(browser.get(ADDRESS + query)), ".token-name")


def test_a_token_is_shown_once_and_works(browser_of_user: Client, user: User) -> None:
    response = browser_of_user.post(ADDRESS, {"name": "Laptop"})
    plaintext = text(one(page(response), "#token-plaintext"))
    issued = tokens.authenticate(plaintext)
    assert issued is not None
    assert (issued.user, issued.name) == (user, "Laptop")
    assert "no-store" in response.headers["Cache-Control"]
    assert plaintext not in browser_of_user.get(ADDRESS).content.decode()
    assert names(browser_of_user) == ["Laptop"]


@pytest.mark.parametrize("name", ["", "   ", "x" * 101], ids=["empty", "blank", "long"])
def test_a_token_without_a_fitting_name_is_not_made(browser_of_user: Client, name: str) -> None:
    shown = page(browser_of_user.post(ADDRESS, {"name": name}))
    assert len(texts(shown, ".field-error li")) == 1
    assert shown.select("[data-issued]") == []
    assert not ApiToken.objects.exists()


def test_a_revoked_token_opens_nothing_and_stays_listed(
    browser_of_user: Client, user: User
) -> None:
    token, plaintext = tokens.issue(user, "Laptop")
    response = browser_of_user.post(f"{ADDRESS}{token.pk}/revoke", follow=True)
    shown = page(response)
    assert "is revoked" in text(one(shown, ".messages"))
    assert text(one(shown, ".token-end")) == "Revoked"
    assert tokens.authenticate(plaintext) is None


def test_whoever_is_not_staff_sees_no_token_of_others(
    browser_of_user: Client, staff: User, user: User
) -> None:
    user.user_permissions.set(Permission.objects.filter(codename="view_apitoken"))
    token, plaintext = tokens.issue(staff, "Theirs")
    assert names(browser_of_user, "?of=everyone") == []
    assert browser_of_user.post(f"{ADDRESS}{token.pk}/revoke").status_code == 404
    assert tokens.authenticate(plaintext) is not None


def test_staff_without_the_permission_see_their_own_only(user: User, client: Client) -> None:
    client.force_login(staff_of(name="helper"))
    token, _ = tokens.issue(user, "Theirs")
    assert names(client, "?of=everyone") == []
    assert client.post(f"{ADDRESS}{token.pk}/revoke").status_code == 404


def test_staff_who_may_look_see_the_tokens_of_all_and_revoke_none(
    client: Client, onlooker: User, user: User
) -> None:
    token, plaintext = tokens.issue(user, "Theirs")
    client.force_login(onlooker)
    assert names(client) == []
    shown = page(client.get(f"{ADDRESS}?of=everyone"))
    assert texts(shown, ".token-name") == ["Theirs"]
    assert shown.select(".token-list form") == []
    assert client.post(f"{ADDRESS}{token.pk}/revoke").status_code == 403
    assert tokens.authenticate(plaintext) is not None


def test_staff_with_the_permission_revoke_the_tokens_of_others(
    browser_of_staff: Client, user: User
) -> None:
    token, plaintext = tokens.issue(user, "Theirs")
    response = browser_of_staff.post(f"{ADDRESS}{token.pk}/revoke", {"of": "everyone"})
    assert response.headers["Location"] == f"{ADDRESS}?of=everyone"
    assert tokens.authenticate(plaintext) is None


def test_a_token_that_was_used_says_when(browser_of_user: Client, user: User) -> None:
    _, plaintext = tokens.issue(user, "Laptop")
    assert "Never" in text(one(page(browser_of_user.get(ADDRESS)), "tbody tr"))
    tokens.authenticate(plaintext)
    times = page(browser_of_user.get(ADDRESS)).select("tbody time")
    assert len(times) == 2


@pytest.mark.django_db
def test_whoever_is_not_signed_in_is_sent_to_the_login(client: Client) -> None:
    assert client.get(ADDRESS).headers["Location"] == f"/login/?next={ADDRESS}"


def test_a_form_of_another_site_makes_no_token(user: User) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(user)
    assert browser.post(ADDRESS, {"name": "x"}).status_code == 403
    assert not ApiToken.objects.exists()
