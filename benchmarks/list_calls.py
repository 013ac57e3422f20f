"""Every call that lists, counts, filters or searches, and every page, as people and monitors ask
for them.

A call can be asked for fewer rows than a page holds. Two databases can so be compared by answers
of one length: to write 50 rows takes longer than to write 10, however they were found.
"""

from __future__ import annotations

import json
from base64 import b64encode
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django.db.models import Max, Min
from django.test import Client
from django.utils import timezone

from benchmarks import admin_calls, dashboard_calls
from benchmarks.calls import WORDS, Call, get, signed_in
from tasks import metrics, rescue, retention
from tasks.api.pagination import LARGEST_PAGE
from tasks.models import TaskState

LIST = "/tasks"


def calls() -> dict[str, Call]:
    """The calls by what they do, on the database that is connected now."""
    staff, many, few = (signed_in(name) for name in ("staff", "many", "few"))
    return {
        **_api(staff, "staff"),
        **_api(many, "a user with many tasks"),
        **_api(few, "a user with few tasks"),
        **dashboard_calls.calls(staff),
        **admin_calls.calls(staff),
        **_monitoring(staff),
    }


def _tasks(client: Client, **query: Any) -> Call:
    """A list of the API, whose pages are as long as the query says."""
    call = get(client, LIST, **query)
    return replace(
        call,
        rows=lambda: len(json.loads(call.ask())["results"]),
        at_most=lambda rows: _tasks(client, **query | {"limit": rows}),
    )


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
    cursor = b64encode(urlencode({"p": str(middle)}).encode()).decode()
    back = b64encode(urlencode({"p": str(middle), "r": 1}).encode()).decode()
    return {
        f"GET /tasks, {who}: page in the middle": get(client, LIST, cursor=cursor),
        f"GET /tasks, {who}: and back": get(client, LIST, cursor=back),
    }


def _monitoring(client: Client) -> dict[str, Call]:
    return {
        "GET /agents": get(client, "/agents"),
        "GET /dead-letters": get(client, "/dead-letters"),
        "GET /dead-letters of a step": get(client, "/dead-letters", step="scrape"),
        "GET /metrics": get(client, "/metrics"),
        "queue age, as /readyz asks it": Call(metrics.queue_age),
        "anything held, as /readyz asks it": Call(TaskState.objects.held().exists),
        "sweep: lost leases": Call(rescue.take_back_lost_leases),
        "sweep: due for dispatch": Call(rescue.dispatch_due),
        "retention: what is due": Call(retention.due),
        "retention: a periodic run": Call(retention.clean_up),
    }
