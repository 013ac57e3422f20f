"""Groups in the admin."""

from __future__ import annotations

from django.contrib.auth.models import Group
from django.test import Client

from tests.dashboard.html import one, page, texts
from tests.people import staff_of


def test_before_a_group_is_deleted_its_page_says_how_many_people_it_concerns(
    admin_browser: Client,
) -> None:
    staff_of("Operators")
    address = f"/admin/auth/group/{Group.objects.get(name='Operators').pk}/delete/"
    shown = one(page(admin_browser.get(address)), "#content")
    assert texts(shown, "li") == ["Groups: 1", "Members who lose its permissions: 1", "Operators"]
    admin_browser.post(address, {"post": "yes"})
    assert not Group.objects.filter(name="Operators").exists()
