"""No list reads a table from end to end, or sorts it: the queries that pages make are explained."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from tasks import search
from tasks.models import TaskState
from tasks.states import State
from tasks.text_index import SHELF, sought
from tests.dashboard import builds
from tests.plans import SORT, WHOLE_TABLE, plans, without_small_tables

pytestmark = pytest.mark.services

NOVEMBER = "gte=2026-11-01%2000:00:00%2B00:00&{0}__lt=2026-12-01%2000:00:00%2B00:00"
ORDERED = [
    "/tasks",
    "/tasks?ordering=created_at",
    "/tasks?ordering=-finished_at",
    "/tasks?ordering=finished_at",
    "/tasks?state=FAILED",
    "/tasks?state=FAILED&ordering=-finished_at",
    "/tasks?workflow=build-agent",
    "/tasks?workflow=build-agent&state=FAILED",
    "/tasks?workflow=build-agent&ordering=finished_at",
    "/tasks?created_after=2020-01-01T00:00:00Z",
    "/tasks?limit=1",
    "/agents",
    "/dashboard/tasks/",
    "/dashboard/tasks/?state=FAILED",
    "/dashboard/tasks/?workflow=build-agent",
    "/dashboard/tasks/?owner=user",
    "/dashboard/tasks/?since=2020-01-01&until=2020-02-01",
    "/dashboard/agents/",
    "/dashboard/webhooks/",
    "/dashboard/webhooks/?state=GIVEN_UP",
    "/admin/tasks/taskstate/",
    "/admin/tasks/taskstate/?state__exact=FAILED",
    "/admin/tasks/taskstate/?workflow=build-agent",
    "/admin/tasks/deadletter/",
    "/admin/tasks/deadletter/?workflow=build-agent",
    "/admin/tasks/deadletter/?failed_step=validate",
    "/admin/tasks/deadletter/?error_code=no_pages",
    "/admin/tasks/taskstate/?created_at__" + NOVEMBER.format("created_at"),
    "/admin/tasks/webhookdelivery/",
    "/admin/tasks/webhookdelivery/?created_at__" + NOVEMBER.format("created_at"),
    "/admin/tasks/auditentry/",
    "/admin/tasks/auditentry/?action__exact=cancel",
    "/admin/tasks/auditentry/?at__" + NOVEMBER.format("at"),
    "/admin/agents/agentrecord/",
    "/admin/agents/agentrecord/?provider=local",
    "/admin/agents/agentrecord/?mine=1",
    "/admin/agents/document/",
    "/admin/agents/document/?kind__exact=pdf",
    "/admin/agents/page/?agent__id__exact=00000000-0000-4000-8000-000000000000",
    "/admin/tasks/webhookdelivery/?task_state=FAILED",
    "/admin/tasks/auditentry/?source__exact=api",
    "/admin/django_celery_results/taskresult/",
    "/admin/django_celery_results/taskresult/?date_done__" + NOVEMBER.format("date_done"),
]
SOUGHT = [
    "/dashboard/tasks/?error=no_pages",
    "/admin/",
    "/admin/tasks/taskstate/?now=unfinished",
    "/admin/tasks/taskstate/?now=cancelling",
    "/admin/tasks/deadletter/?finished_at__" + NOVEMBER.format("finished_at"),
    "/admin/tasks/steprun/?state=RUNNING",
    "/admin/agents/chunk/?agent__id__exact=00000000-0000-4000-8000-000000000000&q=number",
    "/admin/tasks/stepbatch/?q=00000000-0000-4000-8000-000000000000",
    "/admin/tasks/auditentry/?q=user",
    "/admin/tasks/auditentry/?q=00000000-0000-4000-8000-000000000000",
    "/admin/django_celery_results/taskresult/?q=celery-1",
    "/",
    "/tasks?q=handbook",
    "/tasks?agent_id=00000000-0000-4000-8000-000000000000",
    "/dashboard/tasks/?q=handbook",
    "/admin/tasks/taskstate/?q=handbook",
    "/admin/tasks/taskstate/?q=user",
    "/admin/tasks/deadletter/?q=handbook",
    "/admin/tasks/steprun/?q=00000000-0000-4000-8000-000000000000",
    "/admin/tasks/taskevent/?q=00000000-0000-4000-8000-000000000000",
    "/dead-letters",
    "/dead-letters?step=scrape",
    "/dashboard/dead-letters/",
    "/dashboard/dead-letters/?workflow=build-agent&step=validate&error_code=no_pages",
    "/dashboard/agents/?q=handbook",
]


@pytest.fixture
def tasks(user: User, staff: User) -> None:
    """Enough tasks for a second page."""
    for number in range(3):
        builds.queued(user, name=f"Handbook {number}")
        builds.failed(user, name=f"Handbook {number}")


@pytest.fixture
def picky(db: None) -> Iterator[None]:
    with without_small_tables():
        yield


@pytest.mark.parametrize("address", ORDERED)
def test_a_list_is_read_in_its_order_from_an_index(
    client: Client, staff: User, tasks: None, picky: None, address: str
) -> None:
    client.force_login(staff)
    for plan in plans(client, address):
        assert not WHOLE_TABLE.search(plan), plan
        assert not SORT.search(plan), plan


@pytest.mark.parametrize("address", [each for each in ORDERED if each.startswith("/tasks")])
def test_so_is_the_list_of_a_user(
    client: Client, user: User, tasks: None, picky: None, address: str
) -> None:
    client.force_login(user)
    for plan in plans(client, address):
        assert not WHOLE_TABLE.search(plan), plan


@pytest.mark.parametrize("address", SOUGHT)
def test_what_is_sought_is_found_by_an_index(
    client: Client, staff: User, tasks: None, picky: None, address: str
) -> None:
    client.force_login(staff)
    for plan in plans(client, address):
        assert not WHOLE_TABLE.search(plan), plan


@pytest.mark.parametrize(
    "address",
    [
        "/tasks?q=handbook&limit=2",
        "/tasks?q=handbook&limit=2&ordering=created_at&state=FAILED",
        "/dashboard/tasks/?q=handbook",
        "/admin/tasks/taskstate/?q=handbook",
    ],
)
def test_a_common_text_is_found_by_its_index_within_a_range(
    client: Client,
    staff: User,
    tasks: None,
    picky: None,
    address: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(search, "FEW", 0)
    monkeypatch.setattr(search, "STEPS", ((sought, SHELF),))
    client.force_login(staff)
    shown = plans(client, address)
    for plan in shown:
        assert not WHOLE_TABLE.search(plan), plan
    within = [plan for plan in shown if re.search(r" BETWEEN +-?\d+ AND ", plan)]
    assert within
    for plan in within:
        assert re.search(r"Bitmap Index Scan on tasks_textindex|VIRTUAL TABLE INDEX", plan), plan


@pytest.fixture
def many_dead_letters(staff: User, analyze: Callable[[], None]) -> None:
    """Of thirty kinds, ten each, among tasks of the same workflows that succeeded."""
    rows = [
        TaskState(
            owner=staff,
            state=State.FAILED,
            finished_at=timezone.now(),
            workflow=f"workflow-{number % 30}",
            failed_step=f"step-{number % 30}",
            error_code=f"error-{number % 30}",
        )
        for number in range(300)
    ]
    for number in range(1500):
        succeeded = {"state": State.SUCCESS, "percent": 100, "finished_at": timezone.now()}
        rows.append(TaskState(owner=staff, workflow=f"workflow-{number % 30}", **succeeded))
    TaskState.objects.bulk_create(rows)
    analyze()


@pytest.mark.parametrize(
    ("filtered_by", "indexes"),
    [
        ("workflow=workflow-1", r"task_dead_(by_workflow|letters)"),
        ("failed_step=step-1", "task_dead_by_step"),
        ("error_code=error-1", "task_dead_by_error"),
        ("workflow=workflow-1&failed_step=step-1&error_code=error-1", "task_dead_"),
    ],
)
def test_dead_letters_of_one_kind_are_read_by_themselves(
    client: Client,
    staff: User,
    many_dead_letters: None,
    picky: None,
    filtered_by: str,
    indexes: str,
) -> None:
    client.force_login(staff)
    shown = plans(client, f"/admin/tasks/deadletter/?{filtered_by}")
    (page,) = [plan for plan in shown if re.search(r"ORDER BY .*finished_at. DESC", plan)]
    assert re.search(indexes, page), page


def test_the_errors_to_choose_from_are_found_by_jumps_from_one_to_the_next(
    client: Client, staff: User, tasks: None, picky: None
) -> None:
    client.force_login(staff)
    shown = plans(client, "/admin/tasks/deadletter/")
    sought = [plan for plan in shown if re.search(r'SELECT "tasks_taskstate"."error_code" ', plan)]
    assert len(sought) == 2, sought
    for plan in sought:
        assert re.search(r"LIMIT 1\b", plan), plan
        assert "task_dead_by_error" in plan, plan


def test_the_next_page_begins_in_the_index(
    client: Client, staff: User, tasks: None, picky: None
) -> None:
    client.force_login(staff)
    for address in ("/tasks?limit=1", "/tasks?limit=1&ordering=-finished_at"):
        for plan in plans(client, client.get(address).json()["next"]):
            assert not WHOLE_TABLE.search(plan), plan
            assert not SORT.search(plan), plan


def test_an_older_page_of_the_dashboard_is_entered_by_its_time(
    client: Client, staff: User, tasks: None, picky: None
) -> None:
    client.force_login(staff)
    before = TaskState.objects.all()[0]
    shown = plans(client, f"/dashboard/tasks/?before={before.pk}")
    (page,) = [plan for plan in shown if "LIMIT 26" in plan]
    assert re.search(r"Index Cond: .*created_at <=|\(created_at<", page), page
