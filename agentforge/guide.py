"""The guide at /guide/: our documentation as a small public website."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_safe
from django.views.generic import RedirectView

from agentforge import guide_pages
from agentforge.guide_pages import CONTENTS, SLUGS, Page


@require_safe
def page(request: HttpRequest, slug: str = "index") -> HttpResponse:
    """One page of the guide, with its place among the others."""
    try:
        current = guide_pages.load(slug)
    except KeyError as error:
        raise Http404(f"The guide has no page {slug!r}. Its contents are at /guide/.") from error
    context = {
        "page": current,
        "canonical": request.build_absolute_uri(current.url),
        **_around(current),
    }
    return render(request, "guide/page.html", context)


def _around(current: Page) -> dict[str, Any]:
    """The navigation: all parts of the guide, the page before and the page after."""
    place = SLUGS.index(current.slug)
    return {
        "contents": [
            (part, [guide_pages.load(slug) for slug in slugs]) for part, slugs in CONTENTS
        ],
        "previous": guide_pages.load(SLUGS[place - 1]) if place > 0 else None,
        "next": guide_pages.load(SLUGS[place + 1]) if place + 1 < len(SLUGS) else None,
    }


urlpatterns = [
    path("guide/", page, name="guide"),
    path("guide/index/", RedirectView.as_view(pattern_name="guide", permanent=True)),
    path("guide/<slug:slug>/", page, name="guide-page"),
    path("guide", RedirectView.as_view(pattern_name="guide", permanent=True)),
    path("guide/<slug:slug>", RedirectView.as_view(pattern_name="guide-page", permanent=True)),
]
