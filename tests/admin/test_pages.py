"""Every list and page of the admin: whole, linked with the others, and open to look at."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from django_celery_results.models import TaskResult

from agents.models import AgentRecord
from tasks import lifecycle, tokens
from tasks.models import AuditEntry, TaskState
from tests.dashboard import builds
from tests.dashboard.html import one, page, text, texts
from tests.people import staff_of

SEEN = [
    "tasks/taskstate",
    "tasks/deadletter",
    "tasks/steprun",
    "tasks/stepbatch",
    "tasks/taskevent",
    "tasks/webhookdelivery",
    "agents/agentrecord",
    "agents/page",
    "agents/chunk",
    "agents/document",
]
GRANTED = ["tasks/auditentry", "tasks/apitoken", "django_celery_results/taskresult"]


@pytest.fixture
def everything(user: User) -> AgentRecord:
    """Something for each list."""
    task = builds.failed(user, name="Manual")
    TaskResult.objects.create(
        task_id="celery-validate",
        task_name="build-agent.validate",
        status="FAILURE",
        task_args=f"('{task.pk}', 1)",
    )
    lifecycle.cancel(builds.queued(user).pk, by=user)
    return builds.agent_at_provider(user)


def browser_of(user: User) -> Client:
    browser = Client()
    browser.force_login(user)
    return browser


@pytest.mark.parametrize("model", SEEN)
def test_staff_without_any_right_look_at_what_the_dashboard_shows(
    everything: AgentRecord, model: str
) -> None:
    browser = browser_of(staff_of())
    shown = page(browser.get(f"/admin/{model}/"))
    assert shown.select("select[name=action]") == []
    for link in shown.select("#result_list th a")[:1]:
        opened = page(browser.get(str(link["href"])))
        assert opened.select(f"#{model.split('/')[1]}_form input:not([type=hidden])") == []


@pytest.mark.parametrize("model", GRANTED)
def test_for_the_rest_they_need_the_permission(everything: AgentRecord, model: str) -> None:
    assert browser_of(staff_of()).get(f"/admin/{model}/").status_code == 403
    viewer = browser_of(staff_of("Viewers"))
    shown = page(viewer.get(f"/admin/{model}/"))
    for link in shown.select("#result_list th a")[:1]:
        assert viewer.get(str(link["href"])).status_code == 200


def test_whoever_is_not_staff_sees_nothing(user: User) -> None:
    user.user_permissions.add()
    assert browser_of(user).get("/admin/tasks/taskstate/").status_code == 302


def follow(browser: Client, address: str, selector: str) -> str:
    """The address that a link of a page leads to, which is there."""
    link = str(page(browser.get(address)).select(selector)[0]["href"])
    assert browser.get(link).status_code == 200
    return link


def test_links_lead_from_each_to_the_others(
    admin_browser: Client, everything: AgentRecord, user: User
) -> None:
    task = TaskState.objects.get(state="FAILED")
    address = f"/admin/tasks/taskstate/{task.pk}/change/"
    steps = follow(admin_browser, address, ".field-all_steps a")
    step = follow(admin_browser, steps, "#result_list th a")
    assert follow(admin_browser, step, ".field-task_link a") == address
    results = follow(admin_browser, step, ".field-celery_result a")
    result = follow(admin_browser, results, "#result_list th a")
    assert follow(admin_browser, result, ".field-of_task a") == address
    events = follow(admin_browser, address, ".field-all_events a")
    event = follow(admin_browser, events, "#result_list th a")
    assert follow(admin_browser, event, ".field-task_link a") == address
    agent = f"/admin/agents/agentrecord/{everything.pk}/change/"
    pages = follow(admin_browser, agent, ".field-all_pages a")
    one_page = follow(admin_browser, pages, "#result_list th a")
    assert follow(admin_browser, one_page, ".field-agent_link a") == agent
    chunks = follow(admin_browser, one_page, ".field-all_chunks a")
    chunk = follow(admin_browser, chunks, "#result_list th a")
    assert follow(admin_browser, chunk, ".field-page_link a") == one_page.partition("?")[0]
    trail = follow(admin_browser, "/admin/tasks/auditentry/", "#result_list .field-object_link a")
    assert trail.startswith("/admin/tasks/taskstate/")


def test_a_text_is_looked_for_within_one_agent(
    admin_browser: Client, everything: AgentRecord
) -> None:
    for query, found in [
        ({"q": str(everything.pk)}, 2),
        ({"q": "number 1"}, 0),
        ({"q": "number 1", "agent__id__exact": str(everything.pk)}, 1),
    ]:
        shown = page(admin_browser.get("/admin/agents/chunk/", query))
        assert len(shown.select("#result_list tbody tr")) == found, query


@pytest.mark.parametrize(
    ("now", "found"),
    [("unfinished", 2), ("held", 1), ("idle", 1), ("cancelling", 1), ("again", 0)],
)
def test_tasks_at_work_are_filtered_by_what_is_the_matter(
    admin_browser: Client, user: User, now: str, found: int
) -> None:
    builds.queued(user)
    builds.failed(user)
    lifecycle.cancel(builds.scraping(user).pk, by=user)
    shown = page(admin_browser.get("/admin/tasks/taskstate/", {"now": now}))
    assert len(shown.select("#result_list tbody tr")) == found


def test_the_first_page_counts_and_leads_on(admin_browser: Client, user: User) -> None:
    builds.queued(user)
    builds.scraping(user)
    builds.failed(user)
    shown = page(admin_browser.get("/admin/"))
    figures = texts(shown, ".figures li")
    assert figures[:4] == ["1 running", "1 waiting", "1 failed today", "1 dead letters"]
    for link in shown.select(".figures a"):
        assert admin_browser.get(str(link["href"])).status_code == 200
    for link in shown.select(".figures li a")[:4]:
        listed = page(admin_browser.get(str(link["href"])))
        assert len(listed.select("#result_list tbody tr")) == 1


def test_the_first_page_tells_what_was_done_last_to_whoever_may_know(user: User) -> None:
    lifecycle.cancel(builds.queued(user, name="Manual").pk, by=user)
    viewer = page(browser_of(staff_of("Viewers")).get("/admin/"))
    assert "Cancelled: Manual" in text(one(viewer, "#recent-acts-module"))
    assert page(browser_of(staff_of()).get("/admin/")).select("#content-related") == []


def made(owner: User, *times: datetime) -> None:
    for at in times:
        task = builds.queued(owner)
        TaskState.objects.filter(pk=task.pk).update(created_at=at)


def dates(browser: Client, address: str) -> dict[str, str]:
    """The dates above a list, and where they lead."""
    links = page(browser.get(address)).select("#changelist .toplinks a")
    return {text(link): str(link["href"]) for link in links}


def test_dates_lead_from_years_to_months_to_days(admin_browser: Client, user: User) -> None:
    made(user, *(datetime(*day, 12, tzinfo=UTC) for day in [(2024, 12, 31), (2026, 2, 3)]))
    address = "/admin/tasks/taskstate/"
    years = dates(admin_browser, address)
    assert list(years) == ["2024", "2025", "2026"]
    months = dates(admin_browser, address + years["2026"])
    assert list(months) == ["‹ All dates", "January 2026", "February 2026"]
    days = dates(admin_browser, address + months["February 2026"])
    assert list(days) == ["‹ 2026", "1 February", "2 February", "3 February"]
    for link, found in [(years["2025"], 0), (years["2026"], 1), (days["3 February"], 1)]:
        shown = page(admin_browser.get(address + link))
        assert len(shown.select("#result_list tbody tr")) == found
    assert list(dates(admin_browser, address + days["3 February"])) == ["‹ February 2026"]


def test_dates_begin_where_there_is_a_choice(admin_browser: Client, user: User) -> None:
    made(user, *(datetime(2026, 2, day, 12, tzinfo=UTC) for day in (1, 3)))
    found = dates(admin_browser, "/admin/tasks/taskstate/")
    assert list(found) == ["1 February", "2 February", "3 February"]


def test_dates_keep_the_other_filters(admin_browser: Client, user: User) -> None:
    made(user, timezone.now(), timezone.now() - timedelta(days=800))
    for link in dates(admin_browser, "/admin/tasks/taskstate/?state__exact=QUEUED&p=2").values():
        assert "state__exact=QUEUED" in link
        assert "p=2" not in link


@pytest.mark.parametrize("field", ["created_at__gte=x&created_at__lt=y", "created_at__gte=2026"])
def test_a_time_that_is_none_is_refused_as_django_does(
    admin_browser: Client, user: User, field: str
) -> None:
    made(user, timezone.now())
    response = admin_browser.get(f"/admin/tasks/taskstate/?{field}")
    assert response.status_code in (200, 302)


def test_the_trail_is_found_by_person_object_and_request(admin_browser: Client, user: User) -> None:
    task = builds.queued(user)
    lifecycle.cancel(task.pk, by=user)
    for query in [{"q": "user"}, {"q": str(task.pk)}, {"action__exact": "cancel"}]:
        shown = page(admin_browser.get("/admin/tasks/auditentry/", query))
        assert texts(shown, "#result_list .field-actor") == ["user"], query
    entry = AuditEntry.objects.get()
    assert admin_browser.post(f"/admin/tasks/auditentry/{entry.pk}/delete/").status_code == 403
    assert admin_browser.get("/admin/tasks/auditentry/add/").status_code == 403


def test_the_trail_counts_entries(admin_browser: Client, user: User) -> None:
    for count in ("1 audit entry", "2 entries"):
        lifecycle.cancel(builds.queued(user).pk, by=user)
        shown = page(admin_browser.get("/admin/tasks/auditentry/"))
        assert text(one(shown, ".paginator")) == count


def test_agents_and_documents_are_found_by_id_owner_and_name(
    admin_browser: Client, everything: AgentRecord
) -> None:
    for word, count in ((str(everything.pk), 1), ("user", 1), ("handb", 1), ("xylophone", 0)):
        shown = page(admin_browser.get("/admin/agents/agentrecord/", {"q": word}))
        assert len(shown.select("#result_list tbody tr")) == count, word
        assert admin_browser.get("/admin/agents/document/", {"q": word}).status_code == 200


def test_steps_at_work_are_filtered_by_their_state(admin_browser: Client, user: User) -> None:
    builds.scraping(user)
    builds.failed(user)
    for state, count in (("RUNNING", 1), ("RETRYING", 0), ("PENDING", 5)):
        shown = page(admin_browser.get("/admin/tasks/steprun/", {"state": state}))
        assert len(shown.select("#result_list tbody tr")) == count, state


def test_tokens_are_found_by_their_users_name_and_by_their_own(
    admin_browser: Client, user: User
) -> None:
    tokens.issue(user, "Nightly import")
    for word, count in (("user", 1), ("nightly", 1), ("xylophone", 0)):
        shown = page(admin_browser.get("/admin/tasks/apitoken/", {"q": word}))
        assert len(shown.select("#result_list tbody tr")) == count, word
