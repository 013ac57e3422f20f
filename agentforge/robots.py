"""/robots.txt: crawlers, our own among them, may read everything but the pages for staff."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

RULES = """\
User-agent: *
Disallow: /admin/
Disallow: /dashboard/
Disallow: /login/
"""


@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    """The rules of RFC 9309. What no rule names is allowed."""
    return HttpResponse(RULES, content_type="text/plain; charset=utf-8")
