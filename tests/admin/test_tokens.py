"""API tokens in the admin: issued, shown once, revoked."""

from __future__ import annotations

import re

from django.contrib.auth.models import User
from django.test import Client

from tasks import tokens
from tasks.models import ApiToken
from tests.dashboard.html import one, page, text, texts

LIST = "/admin/tasks/apitoken/"


def test_a_new_token_is_shown_once_and_works(admin_browser: Client, user: User) -> None:
    form = {"user": "user", "name": "laptop"}
    said = text(one(page(admin_browser.post(f"{LIST}add/", form, follow=True)), ".warning"))
    plaintext = re.findall(r"af_[\w-]+", said)[0]
    found = tokens.authenticate(plaintext)
    assert found is not None
    assert (found.user, found.name, ApiToken.objects.count()) == (user, "laptop", 1)
    assert plaintext not in admin_browser.get(LIST).content.decode()


def test_a_token_can_be_looked_at_without_its_digest(admin_browser: Client, user: User) -> None:
    token, _ = tokens.issue(user)
    shown = admin_browser.get(f"{LIST}{token.pk}/change/").content.decode()
    assert token.hint in shown
    assert token.digest not in shown


def test_tokens_are_filtered_by_whether_they_are_in_use(admin_browser: Client, user: User) -> None:
    tokens.issue(user, "laptop")
    tokens.revoke(tokens.issue(user, "old laptop")[0], by=user)
    for revoked, names in (("no", ["laptop"]), ("yes", ["old laptop"])):
        shown = page(admin_browser.get(f"{LIST}?revoked={revoked}"))
        assert texts(shown, "#result_list .field-name") == names


def test_selected_tokens_are_revoked(admin_browser: Client, user: User) -> None:
    token, plaintext = tokens.issue(user)
    form = {"action": "revoke_selected", "_selected_action": [token.pk]}
    assert admin_browser.post(LIST, form).status_code == 302
    assert tokens.authenticate(plaintext) is None


def test_whoever_may_only_look_can_issue_none(onlooker_browser: Client, user: User) -> None:
    assert onlooker_browser.post(f"{LIST}add/", {"user": "user"}).status_code == 403
