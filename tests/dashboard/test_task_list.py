"""The list of tasks."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.contrib.auth.models import User
from django.test import Client

from tasks import lifecycle, listing, pulse, search
from tasks.models import TaskState
from tests.dashboard import builds
from tests.dashboard.html import one, page, text, texts


def subjects(shown: BeautifulSoup) -> list[str]:
    return texts(shown, ".task-link")


def test_without_any_task_the_first_steps_are_shown(browser_of_staff: Client) -> None:
    shown = page(browser_of_staff.get("/dashboard/tasks/"))
    assert text(one(shown, "h1")) == "Make your first agent"
    assert one(shown, "main .button-primary")["href"] == "/dashboard/agents/new"


def test_a_row_says_where_the_task_is(browser_of_staff: Client, user: User) -> None:
    task = builds.scraping(user, done=1, total=4, name="Manual")
    row = one(page(browser_of_staff.get("/dashboard/tasks/")), f"#task-{task.pk}")
    assert one(row, "progress")["value"] == "13.7"
    assert text(one(row, ".task-details")) == "scrape · 1 of 4 pages fetched"
    assert text(one(row, ".badge")) == "Running"
    assert text(one(row, ".cell-owner")) == "user"


def test_a_row_leads_to_its_agent_until_that_is_deleted(
    browser_of_staff: Client, staff: User
) -> None:
    built = builds.finished(staff)
    TaskState.objects.filter(pk=built.pk).update(agent_id=built.agent.pk)
    row = one(page(browser_of_staff.get("/dashboard/tasks/")), f"#task-{built.pk} .cell-agent")
    assert one(row, "a")["href"] == f"/dashboard/agents/{built.agent.pk}/"
    built.agent.delete()
    row = one(page(browser_of_staff.get("/dashboard/tasks/")), f"#task-{built.pk} .cell-agent")
    assert text(row) == "–"


def test_the_tasks_of_everybody_are_listed_newest_first(
    browser_of_staff: Client, staff: User, user: User
) -> None:
    builds.queued(user, name="First")
    builds.queued(staff, name="Second")
    assert subjects(page(browser_of_staff.get("/dashboard/tasks/"))) == ["Second", "First"]


def test_the_filter_by_state_shows_that_state_only(browser_of_staff: Client, staff: User) -> None:
    builds.queued(staff, name="Waiting")
    builds.failed(staff, name="Broken")
    shown = page(browser_of_staff.get("/dashboard/tasks/?state=FAILED"))
    assert subjects(shown) == ["Broken"]
    assert text(one(shown, "[aria-current=true]")) == "Failed 1"


def test_the_tabs_count_what_they_would_show(browser_of_staff: Client, staff: User) -> None:
    builds.queued(staff, name="Alpha")
    builds.failed(staff, name="Alpine")
    builds.failed(staff, name="Other")
    shown = page(browser_of_staff.get("/dashboard/tasks/"))
    assert texts(shown, ".tabs a") == [
        "All 3",
        "Queued 1",
        "Running 0",
        "Success 0",
        "Failed 2",
        "Cancelled 0",
    ]


def test_each_filter_shows_what_fits_it(browser_of_staff: Client, staff: User, user: User) -> None:
    theirs = builds.finished(user, name="Theirs")
    builds.failed(staff, name="Broken")
    TaskState.objects.filter(pk=theirs.pk).update(
        created_at=datetime(2020, 5, 17, 23, 30, tzinfo=UTC)
    )
    for query, expected in [
        ("owner=user", ["Theirs"]),
        ("owner=nobody", []),
        (f"agent={theirs.agent_id}", ["Theirs"]),
        ("agent=nonsense", ["Broken", "Theirs"]),
        ("error=no_pages", ["Broken"]),
        ("since=2020-05-17&until=2020-05-17", ["Theirs"]),
        ("until=2020-05-16", []),
        ("since=2020-05-18", ["Broken"]),
        ("since=32.13.", ["Broken", "Theirs"]),
    ]:
        shown = page(browser_of_staff.get(f"/dashboard/tasks/?{query}"))
        assert subjects(shown) == expected, query


def test_a_page_holds_as_many_rows_as_asked_for(
    browser_of_staff: Client, staff: User, monkeypatch: Any
) -> None:
    monkeypatch.setattr(listing, "PAGE_SIZES", (25, 2))
    for _ in range(3):
        builds.queued(staff)
    shown = page(browser_of_staff.get("/dashboard/tasks/?size=2"))
    assert len(subjects(shown)) == 2
    assert "size=2" in str(one(shown, "a[rel=next]")["href"])
    assert len(subjects(page(browser_of_staff.get("/dashboard/tasks/?size=3")))) == 3


def test_a_row_says_why_a_task_waits_and_how_often_it_was_tried(
    browser_of_staff: Client, staff: User
) -> None:
    pulse.record(pulse.SWEEP)
    builds.queued(staff, name="First")
    builds.queued(staff, name="Second")
    failed = builds.failed(staff, name="Third")
    lifecycle.retry(failed.pk, by=staff)
    builds.claimed(failed, "validate")
    shown = page(browser_of_staff.get("/dashboard/tasks/"))
    assert texts(shown, ".task-details")[1:] == ["Behind 1 task.", "Next in line."]
    assert texts(shown, ".cell-attempts")[1:] == ["2 · 1", "–", "–"]


def test_the_tabs_do_not_count_what_a_text_finds(browser_of_staff: Client, staff: User) -> None:
    builds.queued(staff, name="Alpha")
    shown = page(browser_of_staff.get("/dashboard/tasks/?q=alp"))
    assert texts(shown, ".tabs a")[:2] == ["All", "Queued"]


def test_a_search_that_paused_offers_to_look_further(
    browser_of_staff: Client, staff: User, monkeypatch: Any
) -> None:
    monkeypatch.setattr(search, "HITS", 1)
    monkeypatch.setattr(search, "FEW", 0)
    for number in range(2):
        builds.failed(staff, name=f"Manual {number}")
        builds.queued(staff, name=f"Manual {number}")
    address = "/dashboard/tasks/?q=manual&state=FAILED"
    found, notes = [], []
    while address:
        shown = page(browser_of_staff.get(address))
        found += subjects(shown)
        notes.append(texts(shown, ".empty, main > .muted"))
        further = shown.select("a[rel=next]")
        assert [text(link) for link in further] == ["Look further →"] * len(further)
        address = f"/dashboard/tasks/{further[0]['href']}" if further else ""
    assert found == ["Manual 1", "Manual 0"]
    assert notes[0] == ["No task fits among those searched so far. Look further for older ones."]
    assert notes[1] == ["These fit among the tasks searched so far. Older ones may fit, too."]


def test_a_place_that_is_none_begins_at_the_first_page(
    browser_of_staff: Client, staff: User
) -> None:
    builds.queued(staff, name="Manual")
    for start in ("x", "-1", "9" * 30, ""):
        shown = page(browser_of_staff.get("/dashboard/tasks/", {"q": "manual", "start": start}))
        assert subjects(shown) == ["Manual"], start


def test_a_text_finds_names_errors_and_ids(browser_of_staff: Client, staff: User) -> None:
    task = builds.failed(staff, name="Manual", message="The disk is full.")
    builds.queued(staff, name="Other")
    for words in ("manual", "disk is full", str(task.pk)):
        shown = page(browser_of_staff.get("/dashboard/tasks/", {"q": words}))
        assert subjects(shown) == ["Manual"], words


def test_a_filter_that_nothing_fits_says_so(browser_of_staff: Client, staff: User) -> None:
    builds.queued(staff)
    shown = page(browser_of_staff.get("/dashboard/tasks/?q=nonsense"))
    assert "No task fits." in text(one(shown, ".empty"))


def test_an_unknown_state_filters_nothing(browser_of_staff: Client, staff: User) -> None:
    builds.queued(staff, name="Manual")
    assert subjects(page(browser_of_staff.get("/dashboard/tasks/?state=BROKEN"))) == ["Manual"]


@pytest.mark.parametrize("query", ["", "?q=task"])
def test_the_next_page_goes_on_where_this_one_ends_though_tasks_are_added(
    browser_of_staff: Client, staff: User, query: str
) -> None:
    count = listing.PAGE_SIZE + 3
    for number in range(count):
        builds.queued(staff, name=f"Task {number}")
    first = page(browser_of_staff.get(f"/dashboard/tasks/{query}"))
    builds.queued(staff, name="Task added meanwhile")
    older = one(first, "a[rel=next]")
    assert text(older) == "Older →"
    second = page(browser_of_staff.get("/dashboard/tasks/" + str(older["href"])))
    expected = [f"Task {number}" for number in reversed(range(count))]
    assert subjects(first) + subjects(second) == expected
    assert second.select("a[rel=next]") == []


def test_a_list_costs_as_many_queries_with_many_tasks_as_with_one(
    browser_of_staff: Client, staff: User, django_assert_num_queries: Any
) -> None:
    for _ in range(listing.PAGE_SIZE):
        builds.scraping(staff)
    with django_assert_num_queries(10):
        browser_of_staff.get("/dashboard/tasks/")


def test_no_count_reads_more_than_its_limit(
    browser_of_staff: Client, staff: User, monkeypatch: Any
) -> None:
    monkeypatch.setattr(listing, "COUNT_LIMIT", 2)
    for _ in range(4):
        builds.queued(staff)
    assert texts(page(browser_of_staff.get("/dashboard/tasks/")), ".tabs a")[:2] == [
        "All 2+",
        "Queued 2+",
    ]


def test_rows_are_brought_up_to_date_by_id(browser_of_staff: Client, staff: User) -> None:
    watched, _ = builds.scraping(staff), builds.queued(staff)
    shown = page(
        browser_of_staff.get("/dashboard/tasks/rows", {"id": [str(watched.pk), "nonsense"]})
    )
    assert [row["id"] for row in shown.select("tr")] == [f"task-{watched.pk}"]
    assert one(shown, "tr")["data-active"] == str(watched.pk)


def test_a_row_that_no_longer_fits_the_filter_is_still_brought_to_its_end(
    browser_of_staff: Client, staff: User
) -> None:
    task = builds.failed(staff)
    query = {"id": str(task.pk), "state": "RUNNING"}
    shown = page(browser_of_staff.get("/dashboard/tasks/rows", query))
    assert text(one(shown, ".badge")) == "Failed"
    assert not one(shown, "tr").has_attr("data-active")


def test_newer_tasks_are_counted_as_far_as_they_fit_the_filter(
    browser_of_staff: Client, staff: User
) -> None:
    newest = builds.failed(staff)
    builds.failed(staff)
    builds.queued(staff)
    query = {"newest": str(newest.pk), "state": "FAILED"}
    shown = page(browser_of_staff.get("/dashboard/tasks/rows", query))
    assert one(shown, "table")["data-newer"] == "1"


def test_newer_tasks_are_counted_as_far_as_the_text_finds_them(
    browser_of_staff: Client, staff: User, monkeypatch: Any
) -> None:
    newest = builds.queued(staff, name="Manual")
    for name in ("Manual 2", "Other", "Manual 3", "Manual 4"):
        builds.queued(staff, name=name)
    query = {"newest": str(newest.pk), "q": "manual"}
    shown = page(browser_of_staff.get("/dashboard/tasks/rows", query))
    assert one(shown, "table")["data-newer"] == "3"
    monkeypatch.setattr(search, "HITS", 2)
    monkeypatch.setattr(search, "FEW", 0)
    shown = page(browser_of_staff.get("/dashboard/tasks/rows", query))
    assert one(shown, "table")["data-newer"] == "2+"
