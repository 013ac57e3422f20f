"""The audit trail: what is noted of an act, and that it is noted if and only if it was done."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from agents import editing, removal
from agents.documents import store
from agents.documents.models import Document
from agents.models import AgentRecord
from tasks import audit, dead_letters, lifecycle, log_lines, retention, tokens
from tasks.errors import EngineError, NotAllowed
from tasks.models import ApiToken, AuditEntry, TaskState, WebhookDelivery
from tasks.webhooks import outbox
from tests.dashboard import builds
from tests.people import staff_of

pytestmark = [pytest.mark.django_db, pytest.mark.services]


def trail() -> list[tuple[str, str, str]]:
    """What was done, first to last: by whom, what, and to what kind of thing."""
    entries = AuditEntry.objects.order_by("pk")
    return [(entry.actor, entry.action, entry.object_type) for entry in entries]


def test_each_act_leaves_an_entry(
    user: User, agent: AgentRecord, document: Document, delivery: WebhookDelivery
) -> None:
    AuditEntry.objects.forget()
    task = builds.queued(user)
    lifecycle.cancel(task.pk, by=user)
    lifecycle.retry(task.pk, by=user)
    outbox.replay(delivery, by=user)
    editing.edit(agent.pk, {"name": "Changed"}, by=user)
    removal.delete(agent.pk, by=user)
    store.delete(document, by=user)
    token, _ = tokens.issue(user, "laptop")
    tokens.revoke(token, by=user)
    assert trail() == [
        ("user", "cancel", "task"),
        ("user", "retry", "task"),
        ("user", "replay", "webhook delivery"),
        ("user", "change", "agent"),
        ("user", "delete", "agent"),
        ("user", "delete", "document"),
        ("user", "add", "API token"),
        ("user", "revoke", "API token"),
    ]


def test_an_entry_tells_who_did_what_to_which_from_where(user: User) -> None:
    task = builds.queued(user, name="Manual password=hunter2")
    with log_lines.about(request_id="r-1"):
        lifecycle.cancel(task.pk, by=user)
    entry = AuditEntry.objects.get()
    assert (entry.actor_id, entry.object_id, entry.task_id) == (user.pk, str(task.pk), task.pk)
    assert entry.object_label == "Manual password=***"
    assert (entry.source, entry.request_id) == ("command", "r-1")
    assert "hunter2" not in str(entry.__dict__)


def test_what_changes_nothing_leaves_none(user: User, agent: AgentRecord) -> None:
    running = builds.scraping(user)
    lifecycle.cancel(running.pk, by="first")
    lifecycle.cancel(running.pk, by="second")
    token, _ = tokens.issue(user)
    tokens.revoke(token, by="first")
    tokens.revoke(token, by="second")
    editing.edit(agent.pk, {}, by="second")
    with pytest.raises(EngineError):
        lifecycle.cancel(builds.failed(user).pk, by="second")
    assert "second" not in {actor for actor, *_ in trail()}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("verb", [lifecycle.cancel, lifecycle.retry])
def test_of_two_at_once_only_the_one_who_won_has_an_entry(
    user: User, verb: Callable[..., Any]
) -> None:
    tasks = [
        builds.queued(user) if verb is lifecycle.cancel else builds.failed(user) for _ in range(5)
    ]

    def attempt(task: TaskState, by: str) -> str:
        try:
            verb(task.pk, by=by)
        except EngineError:
            return ""
        finally:
            connection.close()
        return by

    with ThreadPoolExecutor(2) as pool:
        for task in tasks:
            won = {by for by in pool.map(attempt, [task, task], ["one", "other"]) if by}
            assert [entry.actor for entry in audit.of(task)] == list(won)


def test_what_is_taken_back_leaves_none(user: User) -> None:
    task = builds.queued(user)
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        lifecycle.cancel(task.pk, by=user)
        raise ZeroDivisionError
    assert trail() == []


def test_each_of_many_dead_letters_has_its_own(user: User) -> None:
    for _ in range(3):
        builds.failed(user)
    dead_letters.retry(TaskState.objects.dead_letters(), by=user)
    assert trail() == [("user", "retry", "task")] * 3


def test_a_command_is_named(user: User) -> None:
    call_command("api_token", "user")
    entry = AuditEntry.objects.get()
    assert (entry.actor, entry.actor_id, entry.source) == ("manage.py", None, "command")
    assert entry.details == {"user": "user"}


def test_entries_outlive_the_task_and_whoever_acted(user: User) -> None:
    alice = staff_of("Operators", "alice")
    task = builds.queued(user)
    lifecycle.cancel(task.pk, by=alice)
    alice.delete()
    user.delete()
    assert trail() == [("alice", "cancel", "task")]


def test_an_entry_cannot_be_changed(user: User) -> None:
    tokens.issue(user)
    entry = AuditEntry.objects.get()
    with pytest.raises(TypeError, match="append-only"):
        AuditEntry.objects.update(actor="somebody else")
    entry.actor = "somebody else"
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        super(AuditEntry, entry).save_base(force_update=True)
    with (
        pytest.raises(DatabaseError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("UPDATE tasks_auditentry SET actor = 'somebody else'")
    assert trail() == [("user", "add", "API token")]


def test_entries_go_after_their_own_time(user: User, settings: Any) -> None:
    settings.AGENTFORGE_KEEP_AUDIT_DAYS = 10
    for days in (9, 11):
        AuditEntry.objects.create(
            actor=str(days),
            action="cancel",
            object_model="tasks.taskstate",
            source="api",
            at=timezone.now() - timedelta(days=days),
        )
    assert retention.clean_up()["audit entries"] == 1
    assert AuditEntry.objects.get().actor == "9"


def test_nobody_gains_rights_by_a_token_for_another(user: User, staff: User) -> None:
    administrator, operator = staff_of("Administrators"), staff_of("Operators")
    tokens.issue(operator, by=administrator)
    for other, by in [(staff, administrator), (administrator, operator), (user, operator)]:
        with pytest.raises(NotAllowed):
            tokens.issue(other, by=by)
    assert ApiToken.objects.count() == 1
    User.objects.filter(pk=administrator.pk).update(is_superuser=False)
    tokens.issue(administrator, by=staff)


def test_only_the_owner_and_administrators_revoke_a_token(user: User) -> None:
    token, _ = tokens.issue(user)
    with pytest.raises(NotAllowed, match=r"tasks\.revoke_apitoken"):
        tokens.revoke(token, by=staff_of("Operators"))
    tokens.revoke(token, by=staff_of("Administrators"))
    token.refresh_from_db()
    assert token.revoked_at
