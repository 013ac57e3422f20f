"""The page of API tokens: a user's own, and those of everyone for staff with the permission."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from tasks import permissions, tokens
from tasks.acts import Act
from tasks.counting import CappedPaginator
from tasks.dashboard import page
from tasks.models import ApiToken

TOKENS_A_PAGE = 25


class TokenForm(forms.Form):
    """What a person says of a new token."""

    name = forms.CharField(
        label="Name",
        help_text="What will use it, so that you know later which one to revoke.",
        max_length=ApiToken.NAME_LENGTH,
        widget=forms.TextInput(attrs={"autocomplete": "off", "placeholder": "Nightly import"}),
    )


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def token_list(request: HttpRequest) -> HttpResponse:
    """The tokens, and the form for another. The answer to the form is the one place where the
    new token is shown, so it is a page and no redirect: nothing that could lead to it is kept."""
    form = TokenForm(request.POST or None)
    issued: dict[str, Any] = {}
    if request.method == "POST" and form.is_valid():
        token, plaintext = tokens.issue(request.user, form.cleaned_data["name"])
        issued = {"issued": token, "plaintext": plaintext, "root": request.build_absolute_uri("/")}
        form = TokenForm()
    visible = ApiToken.objects.visible_to(request.user).select_related("user")
    may_see_all = ApiToken.objects.are_all_visible_to(request.user)
    is_of_all = may_see_all and request.GET.get("of") == "everyone"
    shown = visible if is_of_all else visible.filter(user=request.user.pk)
    context = {
        "form": form,
        "tokens": CappedPaginator(shown.valid_first(), TOKENS_A_PAGE).get_page(
            request.GET.get("page")
        ),
        "may_see_all": may_see_all,
        "is_of_all": is_of_all,
        "may_revoke_all": may_see_all
        and permissions.may_always(request.user, Act.REVOKE, ApiToken),
        **issued,
    }
    return render(request, "tasks/tokens.html", context)


@login_required
@require_POST
def revoke_token(request: HttpRequest, token_id: int) -> HttpResponse:
    """Revoke a token of one's own, or, with the permission, anybody's; show the list again."""
    token = get_object_or_404(ApiToken.objects.visible_to(request.user), pk=token_id)
    tokens.revoke(token, by=request.user)
    messages.success(request, f"The token {token} is revoked: nobody can use it any more.")
    everyone = "?of=everyone" if request.POST.get("of") == "everyone" else ""
    return redirect(f"{reverse('dashboard-tokens')}{everyone}")


urlpatterns = [
    *page("dashboard/tokens", token_list, "dashboard-tokens"),
    path("dashboard/tokens/<int:token_id>/revoke", revoke_token, name="dashboard-token-revoke"),
]
