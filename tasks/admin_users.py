"""The admin's page of users, in the place of Django's: that counts every user, and to ask whether
one may be deleted, it reads everything that they own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import User
from django.db.models import PROTECT
from django.http import HttpRequest

from tasks.admin_base import FIGURE_LIMIT
from tasks.admin_lists import WithList
from tasks.counting import CappedPaginator, up_to
from tasks.models import TaskState

INSTEAD = (
    "To keep them out, take away “Active” and revoke their tokens. What is old is removed by the "
    "clean-up."
)

if TYPE_CHECKING:
    BaseUserAdmin = DjangoUserAdmin[User]
else:
    BaseUserAdmin = DjangoUserAdmin

admin.site.unregister(User)


@admin.register(User)
class UserAdmin(WithList, BaseUserAdmin):
    """Users. One who owns tasks or agents is not deleted: their history would go with them."""

    paginator = CappedPaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    # Signing in and up write them.
    readonly_fields = ("last_login", "date_joined")

    def get_deleted_objects(
        self, objs: Any, request: HttpRequest
    ) -> tuple[list[str], dict[str, int], set[str], list[str]]:
        """What goes with the users, in figures that end at a limit."""
        users = list(objs)
        protected: list[str] = []
        counts = {str(User._meta.verbose_name_plural): len(users)}
        for relation in User._meta.related_objects:
            field: Any = relation.field
            if field.many_to_many:
                continue
            rows = relation.related_model._default_manager.filter(**{f"{field.name}__in": users})
            noun = str(relation.related_model._meta.verbose_name_plural)
            if field.remote_field.on_delete is PROTECT or relation.related_model is TaskState:
                owners = [user for user in users if rows.filter(**{field.name: user}).exists()]
                protected += [f"{user} has {noun}." for user in owners]
            elif count := up_to(FIGURE_LIMIT, rows):
                counts[noun] = count
        if protected:
            protected.append(INSTEAD)
        return [str(user) for user in users], counts, set(), protected
