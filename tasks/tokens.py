"""Bearer tokens: issued once, kept as a digest, looked up by it."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta
from typing import Any

from django.utils import timezone

from tasks.models import ApiToken

PREFIX = "af_"
LAST_USED_PRECISION = timedelta(minutes=1)
"""`last_used_at` is written at most this often, so that reading stays reading."""


def _digest(plaintext: str) -> str:
    """SHA-256 suffices: a token is 256 random bits, so there is nothing to guess slowly."""
    return hashlib.sha256(plaintext.encode()).hexdigest()


def issue(user: Any, name: str = "") -> tuple[ApiToken, str]:
    """Make a token for `user`. Its plaintext is returned this once and never again."""
    plaintext = PREFIX + secrets.token_urlsafe(32)
    token = ApiToken.objects.create(
        user=user, name=name, digest=_digest(plaintext), hint=plaintext[:8]
    )
    return token, plaintext


def authenticate(plaintext: str) -> ApiToken | None:
    """The valid token with that plaintext, of a user who may still log in; None otherwise."""
    token = (
        ApiToken.objects.select_related("user")
        .filter(digest=_digest(plaintext), revoked_at=None, user__is_active=True)
        .first()
    )
    if token:
        _touch(token)
    return token


def revoke(token: ApiToken) -> None:
    """End the token's validity. Revoking it again changes nothing."""
    ApiToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=timezone.now())


def _touch(token: ApiToken) -> None:
    now = timezone.now()
    if token.last_used_at is None or now - token.last_used_at > LAST_USED_PRECISION:
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)
