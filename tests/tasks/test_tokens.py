"""Bearer tokens: what opens, what no longer does, and what a stolen database is worth."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from tasks import tokens
from tasks.models import ApiToken

pytestmark = pytest.mark.django_db


def test_a_token_opens_as_its_user(user: User) -> None:
    token, plaintext = tokens.issue(user, "laptop")
    assert plaintext.startswith(tokens.PREFIX)
    assert tokens.authenticate(plaintext) == token
    assert token.user == user


def test_a_user_may_have_many(user: User) -> None:
    plaintexts = {tokens.issue(user)[1] for _ in range(3)}
    assert len(plaintexts) == 3
    assert all(tokens.authenticate(plaintext) for plaintext in plaintexts)


def test_the_database_does_not_hold_what_opens(user: User) -> None:
    _, plaintext = tokens.issue(user)
    row = ApiToken.objects.values().get()
    assert not any(plaintext in str(value) for value in row.values())
    assert tokens.authenticate(row["digest"]) is None
    assert len(row["hint"]) < len(plaintext) / 4


@pytest.mark.parametrize("wrong", ["", "af_", "af_guess", "Bearer"])
def test_anything_else_opens_nothing(user: User, wrong: str) -> None:
    tokens.issue(user)
    assert tokens.authenticate(wrong) is None


def test_a_revoked_token_opens_nothing_and_stays_revoked_since_then(user: User) -> None:
    token, plaintext = tokens.issue(user)
    tokens.revoke(token, by=user)
    assert tokens.authenticate(plaintext) is None
    since = ApiToken.objects.get().revoked_at
    tokens.revoke(token, by=user)
    assert ApiToken.objects.get().revoked_at == since


def test_revoking_one_leaves_the_others(user: User) -> None:
    lost, _ = tokens.issue(user)
    _, kept = tokens.issue(user)
    tokens.revoke(lost, by=user)
    assert tokens.authenticate(kept)


def test_a_user_who_may_not_log_in_has_no_valid_token(user: User) -> None:
    _, plaintext = tokens.issue(user)
    User.objects.filter(pk=user.pk).update(is_active=False)
    assert tokens.authenticate(plaintext) is None


def test_its_last_use_is_noted_but_not_at_every_request(user: User) -> None:
    _, plaintext = tokens.issue(user)
    tokens.authenticate(plaintext)
    first = ApiToken.objects.get().last_used_at
    assert first is not None
    tokens.authenticate(plaintext)
    assert ApiToken.objects.get().last_used_at == first
    ApiToken.objects.update(last_used_at=timezone.now() - timedelta(minutes=2))
    tokens.authenticate(plaintext)
    second = ApiToken.objects.get().last_used_at
    assert second is not None
    assert second > first
