"""The admin's page of API tokens: made, shown once, and revoked."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from tasks import tokens
from tasks.acts import Act
from tasks.admin_base import ModelAdmin, ReadOnly
from tasks.admin_verbs import REVOKE
from tasks.models import ApiToken


@admin.register(ApiToken)
class TokenAdmin(ReadOnly, ModelAdmin):
    """API tokens: issued and revoked, never edited."""

    list_display = ("name", "user", "hint", "created_at", "last_used_at", "revoked_at")
    list_filter = (("revoked_at", admin.EmptyFieldListFilter), "created_at")
    buttons = (REVOKE,)
    list_select_related = ("user",)
    search_fields = ("name", "user__username", "hint")
    actions = ("revoke_selected",)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return ModelAdmin.has_add_permission(self, request)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """A new token is asked for by owner and name; the rest is made. A digest is never shown."""
        made = ("hint", "created_at", "last_used_at", "revoked_at") if obj else ()
        return ("user", "name", *made)

    def save_model(self, request: HttpRequest, obj: ApiToken, form: Any, change: bool) -> None:
        """Issue the token that was asked for, and show it this once."""
        token, plaintext = tokens.issue(obj.user, obj.name, by=request.user)
        obj.pk, obj.hint = token.pk, token.hint
        self.message_user(
            request, f"Copy the token now; it is not shown again: {plaintext}", messages.WARNING
        )

    @admin.action(description="Revoke selected tokens", permissions=[Act.REVOKE])
    def revoke_selected(self, request: HttpRequest, queryset: QuerySet[ApiToken]) -> None:
        for token in queryset:
            tokens.revoke(token, by=request.user)
        self.message_user(request, f"{len(queryset)} tokens revoked.", messages.SUCCESS)
