"""The tokens of the API."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone


class ApiTokenQuerySet(models.QuerySet["ApiToken"]):
    """Who may see which."""

    def visible_to(self, user: Any) -> ApiTokenQuerySet:
        """A user's own; those of everyone for staff who have the permission."""
        return self if self.are_all_visible_to(user) else self.filter(user=user)

    def are_all_visible_to(self, user: Any) -> bool:
        """Whether the user sees the tokens of others, too."""
        return bool(user.is_staff and user.has_perm("tasks.view_apitoken"))

    def valid_first(self) -> ApiTokenQuerySet:
        """Those that may be used before those that were revoked; of either, the newest first."""
        return self.order_by(models.F("revoked_at").desc(nulls_first=True), "-created_at", "-pk")


class ApiToken(models.Model):
    """A bearer token of a user. Only its SHA-256 is kept, so a stolen database opens nothing."""

    NAME_LENGTH = 100

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="api_tokens"
    )
    name = models.CharField(max_length=NAME_LENGTH, blank=True)
    digest = models.CharField(max_length=64, unique=True)
    hint = models.CharField(max_length=12, help_text="The first characters, to tell tokens apart.")
    created_at = models.DateTimeField(default=timezone.now)
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = ApiTokenQuerySet.as_manager()

    class Meta:
        verbose_name = "API token"
        permissions = [("revoke_apitoken", "Can revoke API tokens of others")]
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.name or 'token'} ({self.hint}…)"

    @property
    def owner_id(self) -> int:
        """The user whom it lets in."""
        return self.user_id
