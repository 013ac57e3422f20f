"""What the admin's lists say of how much they hold, and where they hold nothing."""

from __future__ import annotations

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from tests.dashboard import builds
from tests.dashboard.html import one, page, text, texts

TASKS = "/admin/tasks/taskstate/"


EMPTY_AT_FIRST = sorted(
    model._meta.label_lower for model in admin.site._registry if model._meta.app_label != "auth"
)


@pytest.mark.parametrize("name", EMPTY_AT_FIRST)
def test_an_empty_list_says_so_in_a_sentence(admin_browser: Client, name: str) -> None:
    shown = page(admin_browser.get(reverse(f"admin:{name.replace('.', '_')}_changelist")))
    assert text(one(shown, "#changelist .nothing")).endswith(".")
    assert shown.select("select[name=action], .paginator") == []


def test_where_nothing_fits_the_whole_list_is_one_step_away(
    admin_browser: Client, user: User
) -> None:
    builds.queued(user)
    for query in ("?q=xylophone", "?state__exact=FAILED"):
        shown = page(admin_browser.get(TASKS + query))
        assert text(one(shown, ".nothing")) == "Nothing fits. Show all tasks"
        assert one(shown, ".nothing a")["href"] == "?"


def test_results_are_counted_where_something_was_searched_for(
    admin_browser: Client, user: User
) -> None:
    builds.queued(user, name="Manual")
    builds.queued(user, name="Glossary")
    assert texts(page(admin_browser.get(TASKS)), "#changelist-search .small") == []
    found = page(admin_browser.get(f"{TASKS}?q=manual"))
    assert texts(found, "#changelist-search .small") == ["1 result ( Show all )"]


def test_the_page_of_an_app_lists_its_models_only(admin_browser: Client) -> None:
    assert one(page(admin_browser.get("/admin/")), ".figures")
    assert page(admin_browser.get("/admin/agents/")).select(".figures") == []


def test_the_history_of_what_nobody_changed_leads_to_the_audit_trail(
    admin_browser: Client, user: User
) -> None:
    task = builds.cancelled(user)
    for model in ("taskstate", "steprun"):
        row = task if model == "taskstate" else task.steps.all()[0]
        shown = page(admin_browser.get(f"/admin/tasks/{model}/{row.pk}/history/"))
        trail = page(admin_browser.get(str(one(shown, "#content-main a")["href"])))
        found = texts(trail, "#result_list .field-action")
        assert found == (["Cancelled"] if model == "taskstate" else [])
