"""Staff of each role."""

from __future__ import annotations

from django.contrib.auth.models import Group, User


def staff_of(role: str = "", name: str = "") -> User:
    """A member of staff in that group; without one, somebody who has no permission at all."""
    person = User.objects.create_user(name or role.lower() or "onlooker", is_staff=True)
    if role:
        person.groups.add(Group.objects.get(name=role))
    return person
