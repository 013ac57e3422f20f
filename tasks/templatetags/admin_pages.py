"""What our templates add to Django's admin."""

from __future__ import annotations

from typing import Any

from django import template
from django.contrib import admin
from django.db.models import Model

from tasks import admin_dates, audit
from tasks.admin_base import Figure, list_address
from tasks.models import AuditEntry

RECENT = 8
"""Entries of the audit trail that the admin's first page shows."""

register = template.Library()


@register.inclusion_tag("admin/date_hierarchy.html")
def dates(cl: Any, request: Any) -> dict[str, Any]:
    """The years, months or days of a list, for its model admin's field `dates`."""
    field = cl.model_admin.dates
    found = admin_dates.bounds(cl.root_queryset, field)
    if found is None:
        return {"show": False}
    first, last = found
    top = admin_dates.everything(first, last)
    period = admin_dates.chosen(request, field) or top
    back = None
    if (period.begin, period.end) != (top.begin, top.end):
        wider = admin_dates.around(period)
        is_top = wider is None or (top.begin, top.end) == (wider.begin, wider.end)
        back = {
            "title": "All dates" if is_top or wider is None else wider.title,
            "link": _link(cl, field, None if is_top else wider),
        }
    parts = list(period.parts(first, last)) if period.level != "day" else []
    choices = [{"title": part.title, "link": _link(cl, field, part)} for part in parts]
    return {"show": True, "back": back, "choices": choices or [{"title": period.title}]}


def _link(cl: Any, field: str, period: admin_dates.Period | None) -> str:
    given = admin_dates.parameters(field, period) if period else {}
    link: str = cl.get_query_string(given, [f"{field}__", "p"])
    return link


@register.simple_tag(takes_context=True)
def figures(context: Any) -> list[Figure]:
    """The figures that our admin pages have for the first page, of those that the user may see."""
    request = context["request"]
    pages = [page for page in admin.site._registry.values() if hasattr(page, "figures")]
    seen = [page for page in pages if page.has_view_permission(request)]
    return [figure for page in seen for figure in page.figures()]


@register.simple_tag
def acts_address(row: Model) -> str:
    """The address of the audit trail of one object."""
    model = row._meta.concrete_model or type(row)
    return list_address(
        AuditEntry, object_model__exact=model._meta.label_lower, object_id__exact=row.pk
    )


@register.simple_tag(takes_context=True)
def recent_acts(context: Any) -> list[AuditEntry] | None:
    """What was done last; None for whoever may not see it."""
    user = context["request"].user
    return audit.recent(RECENT) if user.has_perm("tasks.view_auditentry") else None
