"""Bearer tokens: issued once, kept as a digest, looked up by it."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from tasks import audit, permissions
from tasks.acts import Act
from tasks.errors import NotAllowed
from tasks.models import ApiToken

PREFIX = "af_"
LAST_USED_PRECISION = timedelta(minutes=1)
"""`last_used_at` is written at most this often, so that reading stays reading."""


def _digest(plaintext: str) -> str:
    """SHA-256 suffices: a token is 256 random bits, so there is nothing to guess slowly."""
    return hashlib.sha256(plaintext.encode()).hexdigest()


def issue(user: Any, name: str = "", by: Any = None) -> tuple[ApiToken, str]:
    """Make a token for `user`. Its plaintext is returned this once and never again.

    Args:
        by: who asks for it, a user or the name of a program of ours; else the user themselves.

    Raises:
        NotAllowed: it is for somebody else, and `by` has not the permission, or has fewer rights
            than they.
    """
    plaintext = PREFIX + secrets.token_urlsafe(32)
    token = ApiToken(user=user, name=name, digest=_digest(plaintext), hint=plaintext[:8])
    by = user if by is None else by
    permissions.require(by, Act.ADD, token)
    _refuse_more_rights(user, by)
    with transaction.atomic():
        token.save()
        audit.record(by, Act.ADD, token, user=user.get_username())
    return token, plaintext


def _refuse_more_rights(user: Any, by: Any) -> None:
    """A token acts as its user: whoever makes one for another must not gain by it."""
    if isinstance(by, str) or by.is_superuser or by.pk == user.pk:
        return
    if user.is_superuser or user.get_all_permissions() - by.get_all_permissions():
        raise NotAllowed(
            f"You may not make a token of {user}, who may do what you may not. Let {user} make it, "
            "or a superuser."
        )


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


def revoke(token: ApiToken, by: Any) -> None:
    """End the token's validity. Revoking it again changes nothing.

    Args:
        by: the user, or the name of a program of ours.

    Raises:
        NotAllowed: it is somebody else's, and `by` has not the permission.
    """
    permissions.require(by, Act.REVOKE, token)
    valid = ApiToken.objects.filter(pk=token.pk, revoked_at=None)
    with transaction.atomic():
        if valid.update(revoked_at=timezone.now()):
            audit.record(by, Act.REVOKE, token, user=token.user.get_username())


def _touch(token: ApiToken) -> None:
    now = timezone.now()
    if token.last_used_at is None or now - token.last_used_at > LAST_USED_PRECISION:
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)
