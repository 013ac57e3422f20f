"""What the person who looks at a page may do, for templates."""

from __future__ import annotations

from typing import Any

from django import template

from tasks import permissions
from tasks.acts import Act

register = template.Library()


@register.simple_tag(takes_context=True)
def refusal(context: Any, act: str, row: Any) -> str:
    """Why the user may not do that to the row, in a sentence; empty if they may.

    `{% refusal "cancel" task as why_not %}`
    """
    return permissions.refusal(context["request"].user, Act(act), row)
