"""Every call that lists, counts, filters or searches tasks, as people and monitors make it.

A call can be asked for fewer rows than a page holds. Two databases can so be compared by answers
of one length: to write 50 rows takes longer than to write 10, however they were found.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from unittest.mock import patch
from urllib.parse import urlencode

from django.contrib import admin
from django.contrib.auth.models import User
from django.db.models import Max, Min
from django.test import Client
from django.utils import timezone

from tasks import listing, metrics, rescue, retention
from tasks.api.pagination import LARGEST_PAGE
from tasks.models import DeadLetter, TaskState

LIST = "/tasks"
DASHBOARD = "/dashboard/tasks/"
ADMIN = "/admin/tasks"

WORDS = {
    "every task": "example.com",
    "1 task in 100": "percent",
    "1 task in 1,000": "permille",
    "the oldest 2 %": "bygone",
    "5 tasks": "zanzibar",
    "no task": "xylophone",
    "the errors of some": "quota is used up",
}
"""What is looked for, by what contains it."""


@dataclass(frozen=True, slots=True)
class Call:
    """Something that is asked for, and timed by being called.

    Args:
        ask: what is timed.
        rows: how many rows it answers with, by asking once more; None where that is not counted.
        at_most: the same with answers of at most so many rows.
    """

    ask: Callable[[], Any]
    rows: Callable[[], int] | None = None
    at_most: Callable[[int], Call] | None = None

    def __call__(self) -> None:
        self.ask()


def calls() -> dict[str, Call]:
    """The calls by what they do, on the database that is connected now."""
    staff, many, few = (_signed_in(name) for name in ("staff", "many", "few"))
    return {
        **_api(staff, "staff"),
        **_api(many, "a user with many tasks"),
        **_api(few, "a user with few tasks"),
        **_dashboard(staff),
        **_admin(staff),
        **_monitoring(staff),
    }


def _signed_in(username: str) -> Client:
    client = Client(SERVER_NAME="localhost")
    client.force_login(User.objects.get(username=username))
    return client


def _get(client: Client, path: str, **query: Any) -> Call:
    address = f"{path}?{urlencode(query)}" if query else path
    return Call(lambda: _content(client, address))


def _content(client: Client, address: str) -> bytes:
    response = client.get(address)
    if response.status_code != 200:
        raise RuntimeError(f"{address} was answered with {response.status_code}.")
    return bytes(response.content)


def _tasks(client: Client, **query: Any) -> Call:
    """A list of the API, whose pages are as long as the query says."""
    call = _get(client, LIST, **query)
    return replace(
        call,
        rows=lambda: len(json.loads(call.ask())["results"]),
        at_most=lambda rows: _tasks(client, **query | {"limit": rows}),
    )


def _page(call: Call, row: bytes, shortened: Callable[[int], AbstractContextManager[Any]]) -> Call:
    """A page for people, whose length the code says.

    Args:
        row: what stands in the page once a row.
        shortened: within it, pages have that many rows.
    """

    def at_most(rows: int) -> Call:
        def ask() -> None:
            with shortened(rows):
                call()

        return Call(ask)

    return replace(call, rows=lambda: call.ask().count(row), at_most=at_most)


def _api(client: Client, who: str) -> dict[str, Call]:
    span = TaskState.objects.aggregate(first=Min("created_at"), last=Max("created_at"))
    middle = span["first"] + (span["last"] - span["first"]) / 2
    found = TaskState.objects.exclude(agent_id=None).first()
    assert found is not None
    queries: dict[str, dict[str, Any]] = {
        "first page": {},
        "200 rows": {"limit": LARGEST_PAGE},
        "oldest first": {"ordering": "created_at"},
        "by end": {"ordering": "-finished_at"},
        "by end, oldest first": {"ordering": "finished_at"},
        "created in the last day": {"created_after": timezone.now() - timedelta(days=1)},
        "created in the last half, oldest first": {
            "created_after": middle,
            "ordering": "created_at",
        },
        "of an agent": {"agent_id": found.agent_id},
        "of a frequent workflow": {"workflow": "build-agent"},
        "of a rare workflow": {"workflow": "export"},
        "of no workflow": {"workflow": "unknown"},
        **{f"{state}": {"state": state} for state in ("SUCCESS", "FAILED", "RUNNING")},
        "FAILED, by end": {"state": "FAILED", "ordering": "-finished_at"},
        "RUNNING, frequent workflow": {"state": "RUNNING", "workflow": "build-agent"},
        "SUCCESS, rare workflow": {"state": "SUCCESS", "workflow": "export"},
        "FAILED, second workflow": {"state": "FAILED", "workflow": "refresh"},
        "second workflow, by end": {"workflow": "refresh", "ordering": "-finished_at"},
        "rare workflow, by end": {"workflow": "export", "ordering": "-finished_at"},
        **{f"text in {which}": {"q": word} for which, word in WORDS.items()},
        "text that is an id": {"q": found.pk},
        "text in every task, FAILED": {"q": "example.com", "state": "FAILED"},
        "text in every task, RUNNING": {"q": "example.com", "state": "RUNNING"},
        "text in 1 task in 100, FAILED": {"q": "percent", "state": "FAILED"},
    }
    named = {f"GET /tasks, {who}: {name}": _tasks(client, **q) for name, q in queries.items()}
    return named | _cursors(client, who, middle)


def _cursors(client: Client, who: str, middle: Any) -> dict[str, Call]:
    """A page in the middle of the list, and the way back from it."""
    from base64 import b64encode

    cursor = b64encode(urlencode({"p": str(middle)}).encode()).decode()
    back = b64encode(urlencode({"p": str(middle), "r": 1}).encode()).decode()
    return {
        f"GET /tasks, {who}: page in the middle": _get(client, LIST, cursor=cursor),
        f"GET /tasks, {who}: and back": _get(client, LIST, cursor=back),
    }


def _dashboard(client: Client) -> dict[str, Call]:
    middle = TaskState.objects.filter(created_at__lt=timezone.now() - timedelta(days=40))
    newest = TaskState.objects.order_by("-created_at")[500]
    rows = {"id": newest.pk, "newest": newest.pk}
    day = (timezone.now() - timedelta(days=40)).date()
    pages: dict[str, dict[str, Any]] = {
        "first page": {},
        "page in the middle": {"before": middle.order_by("-created_at")[0].pk},
        "FAILED": {"state": "FAILED"},
        "rare workflow": {"workflow": "export"},
        **{f"text in {which}": {"q": word} for which, word in WORDS.items()},
    }

    def shown(query: dict[str, Any]) -> Call:
        call = _get(client, DASHBOARD, **query)
        return _page(call, b'<tr id="task-', lambda rows: patch.object(listing, "PAGE_SIZE", rows))

    return {
        **{f"dashboard: {name}": shown(query) for name, query in pages.items()},
        "dashboard: rows brought up to date": _get(client, f"{DASHBOARD}rows", **rows),
        "dashboard: rows, text in every task": _get(
            client, f"{DASHBOARD}rows", **rows, q="example.com"
        ),
        "dashboard: overview": _get(client, "/"),
        "dashboard: overview, 30 days": _get(client, "/", span="month"),
        "dashboard: of one owner": _get(client, DASHBOARD, owner="few"),
        "dashboard: of one day": _get(client, DASHBOARD, since=day, until=day),
        "dashboard: of one error": _get(client, DASHBOARD, state="FAILED", error="provider"),
        "dashboard: 200 rows": _get(client, DASHBOARD, size=200),
        "dashboard: agents": _get(client, "/dashboard/agents/"),
        "GET /agents": _get(client, "/agents"),
    }


def _admin(client: Client) -> dict[str, Call]:
    now = timezone.now()
    month = now.replace(day=1)
    pages: dict[str, dict[str, Any]] = {
        "taskstate/": {},
        "taskstate/, page 3": {"p": 3},
        "taskstate/, FAILED": {"state__exact": "FAILED"},
        "taskstate/, RUNNING": {"state__exact": "RUNNING"},
        "taskstate/, SUCCESS": {"state__exact": "SUCCESS"},
        "taskstate/, workflow": {"workflow": "refresh"},
        "taskstate/, a month": {"created_at__gte": month, "created_at__lt": now},
        **{f"taskstate/, text in {which}": {"q": word} for which, word in WORDS.items()},
        "taskstate/, owner's name": {"q": "few"},
        "deadletter/": {},
        "deadletter/, error": {"error_code": "provider"},
        "deadletter/, step": {"failed_step": "create"},
        "deadletter/, workflow": {"workflow": "refresh"},
        "deadletter/, workflow, step and error": {
            "workflow": "build-agent",
            "failed_step": "create",
            "error_code": "provider",
        },
        "steprun/": {},
        "taskevent/": {},
        "webhookdelivery/": {},
    }
    return {f"admin: {name}": _admin_page(client, name, query) for name, query in pages.items()} | {
        "admin: agents": _get(client, "/admin/agents/agentrecord/")
    }


def _admin_page(client: Client, name: str, query: dict[str, Any]) -> Call:
    kind = name.partition("/")[0]
    call = _get(client, f"{ADMIN}/{kind}/", **query)
    models = {"taskstate": TaskState, "deadletter": DeadLetter}
    if kind not in models:
        return call
    page = admin.site.get_model_admin(models[kind])
    return _page(
        call, b'class="action-select"', lambda rows: patch.object(page, "list_per_page", rows)
    )


def _monitoring(client: Client) -> dict[str, Call]:
    return {
        "GET /dead-letters": _get(client, "/dead-letters"),
        "GET /dead-letters of a step": _get(client, "/dead-letters", step="scrape"),
        "GET /metrics": _get(client, "/metrics"),
        "queue age, as /readyz asks it": Call(metrics.queue_age),
        "anything held, as /readyz asks it": Call(TaskState.objects.held().exists),
        "sweep: lost leases": Call(rescue.take_back_lost_leases),
        "sweep: due for dispatch": Call(rescue.dispatch_due),
        "retention: what is due": Call(retention.due),
        "retention: a periodic run": Call(retention.clean_up),
    }
