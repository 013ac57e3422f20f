"""Buttons on the admin's page of one object: each carries out a verb that the API has, too."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.contrib.admin.utils import quote, unquote
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.views.decorators.http import require_POST

from tasks import permissions
from tasks.acts import Act
from tasks.errors import EngineError, NotAllowed

if TYPE_CHECKING:
    BaseModelAdmin = admin.ModelAdmin[Any]
else:
    BaseModelAdmin = admin.ModelAdmin


@dataclass(frozen=True, slots=True)
class Button:
    """One verb on the page of an object.

    Args:
        name: the last part of its address.
        act: what one needs to be allowed.
        fits: whether there is something to do, as the object is.
        carry_out: does it for a user, and returns what to say then.
    """

    name: str
    label: str
    act: Act
    fits: Callable[[Any], bool]
    carry_out: Callable[[Any, Any], str]
    is_dangerous: bool = False


@dataclass(frozen=True, slots=True)
class Offer:
    """A button as somebody sees it. `why_not` is why they may not press it."""

    button: Button
    address: str
    why_not: str


class WithButtons(BaseModelAdmin):
    """An admin page with `buttons` above it."""

    buttons: tuple[Button, ...] = ()

    def get_urls(self) -> list[URLPattern]:
        urls: list[URLPattern] = super().get_urls()
        return [
            *(
                path(
                    f"<path:object_id>/{button.name}/",
                    self.admin_site.admin_view(require_POST(partial(self._press, button=button))),
                    name=self._name_of(button),
                )
                for button in self.buttons
            ),
            *urls,
        ]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        row = self.get_object(request, unquote(object_id)) if self.buttons else None
        offers = self._offers(request, row) if row else []
        return super().change_view(
            request, object_id, form_url, {**(extra_context or {}), "offers": offers}
        )

    def _offers(self, request: HttpRequest, row: Any) -> list[Offer]:
        return [
            Offer(
                button,
                reverse(f"admin:{self._name_of(button)}", args=[quote(row.pk)]),
                permissions.refusal(request.user, button.act, row),
            )
            for button in self.buttons
            if button.fits(row)
        ]

    def _press(self, request: HttpRequest, object_id: str, button: Button) -> HttpResponse:
        row = self.get_object(request, unquote(object_id))
        if row is None or not self.has_view_permission(request, row):
            raise Http404
        try:
            said = button.carry_out(row, request.user)
        except NotAllowed:
            raise
        except EngineError as error:
            self.message_user(request, str(error), messages.ERROR)
        else:
            self.message_user(request, said, messages.SUCCESS)
        meta = self.opts
        return redirect(f"admin:{meta.app_label}_{meta.model_name}_change", quote(row.pk))

    def _name_of(self, button: Button) -> str:
        return f"{self.opts.app_label}_{self.opts.model_name}_{button.name}"
