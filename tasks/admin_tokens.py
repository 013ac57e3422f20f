"""The admin's page of API tokens: made, shown once, and revoked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from tasks import tokens
from tasks.acts import Act
from tasks.admin_base import ModelAdmin, ReadOnly
from tasks.admin_filters import RevokedFilter
from tasks.admin_people import UsernameField
from tasks.admin_verbs import REVOKE
from tasks.models import ApiToken

if TYPE_CHECKING:
    TokenModelForm = forms.ModelForm[ApiToken]
else:
    TokenModelForm = forms.ModelForm


class TokenForm(TokenModelForm):
    """A new token: whose it is, and its name."""

    user = UsernameField(help_text="The name of the user whom it lets in.")

    class Meta:
        model = ApiToken
        fields = ["user", "name"]


@admin.register(ApiToken)
class TokenAdmin(ReadOnly, ModelAdmin):
    """API tokens: issued and revoked, never edited."""

    form = TokenForm
    list_display = ("name", "user", "hint", "created_at", "last_used_at", "revoked_at")
    when_empty = "No token yet. Add one, or let people make their own in the dashboard."
    list_filter = (RevokedFilter,)
    # As they were made, which needs no index of that time.
    ordering = ("-pk",)
    sortable_by = ()
    buttons = (REVOKE,)
    list_select_related = ("user",)
    search_fields = ("name",)
    search_help_text = "The whole name of a user, or a part of a token's name or first characters."
    actions = ("revoke_selected",)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return ModelAdmin.has_add_permission(self, request)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """A new token is asked for by owner and name; the rest is made. A digest is never shown."""
        made = ("hint", "created_at", "last_used_at", "revoked_at") if obj else ()
        return ("user", "name", *made)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[ApiToken], search_term: str
    ) -> tuple[QuerySet[ApiToken], bool]:
        """The tokens of the user of that name; if there is none, those that the text is in."""
        if not search_term:
            return queryset, False
        owner = User.objects.filter(username=search_term).values_list("pk", flat=True).first()
        if owner:
            return queryset.filter(user=owner), False
        found = Q(name__icontains=search_term) | Q(hint__startswith=search_term)
        return queryset.filter(found), False

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
        noun = "token" if len(queryset) == 1 else "tokens"
        self.message_user(request, f"{len(queryset)} {noun} revoked.", messages.SUCCESS)
