"""The admin's page of groups, in the place of Django's: that lists each permission of a group which
is about to be deleted, by its number."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.models import Group, User
from django.http import HttpRequest

from tasks.admin_base import FIGURE_LIMIT
from tasks.counting import up_to

admin.site.unregister(Group)


@admin.register(Group)
class GroupAdmin(DjangoGroupAdmin):
    """Groups of users with the same permissions."""

    def get_deleted_objects(
        self, objs: Any, request: HttpRequest
    ) -> tuple[list[str], dict[str, int], set[str], list[str]]:
        """The groups, and how many people lose what they may do."""
        groups = list(objs)
        members = up_to(FIGURE_LIMIT, User.objects.filter(groups__in=groups).distinct())
        counts = {"groups": len(groups), "members who lose its permissions": members}
        return [str(group) for group in groups], counts, set(), []
