"""Whatever a list of the admin is narrowed down by, an index leads to what fits: rows are not read
one by one until enough of them fit."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.models import Model
from django.test import Client, RequestFactory
from django.urls import reverse

from agents.documents import store
from agents.models import AgentRecord, newest
from tests.dashboard import builds
from tests.dashboard.html import page, texts
from tests.plans import GROWING, SORT, WHOLE_TABLE, plans, without_small_tables

pytestmark = pytest.mark.services

PARTIAL = r"(task_unfinished|task_dead_\w+)"
"""Indexes of few rows, which may be read from their begin."""
READ_THROUGH = re.compile(rf"SCAN {GROWING} USING (COVERING )?INDEX (?!{PARTIAL})")
"""As SQLite says it. PostgreSQL, kept from sorting here, goes along an index for a few rows."""
BOUNDS = re.compile(r"IS NOT NULL ORDER BY .*LIMIT 1\b")
"""The first and the last row of a list, which stand at the ends of an index."""


@pytest.fixture
def everything(user: User) -> AgentRecord:
    """Something for each list."""
    builds.failed(user, name="Manual")
    return builds.agent_at_provider(user)


@pytest.fixture
def picky(db: None) -> Iterator[None]:
    with without_small_tables():
        yield


def choices(model: type[Model], pages: Any, staff: User) -> Iterator[str]:
    """The address of the list with each choice of each of its filters."""
    address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    request = RequestFactory().get(address)
    request.user = staff
    changelist = pages.get_changelist_instance(request)
    for each in changelist.filter_specs:
        for choice in each.choices(changelist):
            if choice.get("query_string", "?") != "?":
                yield address + choice["query_string"]


def test_every_choice_of_every_filter_is_found_by_an_index(
    admin_browser: Client, staff: User, everything: AgentRecord, picky: None
) -> None:
    looked_at = 0
    for model, pages in admin.site._registry.items():
        for address in choices(model, pages, staff):
            for plan in plans(admin_browser, address):
                looked_at += 1
                assert not WHOLE_TABLE.search(plan), f"{address}\n{plan}"
                if not BOUNDS.search(plan):
                    assert not READ_THROUGH.search(plan), f"{address}\n{plan}"
    assert looked_at > 100


def test_the_results_of_a_status_are_found_in_their_order(
    admin_browser: Client, everything: AgentRecord, picky: None
) -> None:
    for plan in plans(admin_browser, "/admin/django_celery_results/taskresult/?status=SUCCESS"):
        assert not SORT.search(plan), plan
        assert not WHOLE_TABLE.search(plan), plan


def test_the_pages_of_one_agent_can_be_filtered_by_status(
    admin_browser: Client, everything: AgentRecord, picky: None
) -> None:
    address = f"/admin/agents/page/?agent__id__exact={everything.pk}&status__exact=failed"
    for plan in plans(admin_browser, address):
        assert not WHOLE_TABLE.search(plan), plan
        assert not READ_THROUGH.search(plan), plan
    everyones = admin_browser.get("/admin/agents/page/").content
    assert b"changelist-filter" not in everyones
    assert b"changelist-filter" in admin_browser.get(address).content


@pytest.mark.parametrize("model", ["agentrecord", "document"])
def test_a_text_is_looked_for_among_the_newest_only(
    admin_browser: Client, user: User, picky: None, monkeypatch: pytest.MonkeyPatch, model: str
) -> None:
    monkeypatch.setattr(newest, "SEARCHED_NEWEST", 2)
    for number in range(4):
        builds.ready_agent(user, name=f"Handbook {number}")
        store.keep(user, SimpleUploadedFile(f"handbook-{number}.txt", b"Text."))
    address = f"/admin/agents/{model}/?q=handb"
    shown = page(admin_browser.get(address))
    assert len(texts(shown, "#result_list tbody th")) == 2
    for plan in plans(admin_browser, address):
        assert not WHOLE_TABLE.search(plan), plan
        if not BOUNDS.search(plan) and "LIKE" in plan.upper():
            assert not READ_THROUGH.search(plan), plan
