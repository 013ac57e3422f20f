"""What agents were built from, and drafts that were never finished, go in their time."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import OperationalError, connection
from django.db.models import QuerySet
from django.utils import timezone

from agents import retention as agents_retention
from agents.models import AgentRecord, AgentStatus, Chunk, Page, PageContent
from agents.providers.local.models import LocalAgent
from tasks import lifecycle, retention
from tasks.errors import PermanentError
from tasks.models import TaskState
from tasks.states import State
from tests.knowledge.building import Build, html

pytestmark = [pytest.mark.django_db, pytest.mark.services]


@pytest.fixture(autouse=True)
def _days(settings: Any) -> None:
    settings.AGENTFORGE_KEEP_RAW_DAYS = 7
    settings.AGENTFORGE_KEEP_DRAFTS_DAYS = 10
    settings.AGENTFORGE_KEEP_TASKS_DAYS = 20
    settings.AGENTFORGE_KEEP_DEAD_LETTERS_DAYS = 20


@pytest.fixture
def build(user: User) -> Build:
    """A build whose two pages have been fetched."""
    return Build(user, {"/": html("One", "The first page."), "/2": html("Two", "The second.")})


def let_pass(days: float) -> None:
    """Everything happened so long before."""
    then = timezone.now() - timedelta(days=days)
    TaskState.objects.filter(finished_at__isnull=False).update(finished_at=then)
    AgentRecord.objects.update(updated_at=then)
    Page.objects.update(fetched_at=then)


def fail(build: Build) -> None:
    lifecycle.fail(build._claim("describe"), "hopeless", "No.")


def rule(title: str) -> retention.Rule:
    return next(rule for rule in retention._rules if rule.title == title)


def raw_bodies() -> int:
    return PageContent.objects.filter(raw__isnull=False).count()


def test_bodies_of_a_ready_agent_go_and_what_was_read_stays(build: Build) -> None:
    build.execute_until("finalize")
    let_pass(6)
    retention.clean_up()
    assert raw_bodies() == 2
    let_pass(8)
    retention.clean_up()
    assert raw_bodies() == 0
    assert Chunk.objects.count() == 2
    assert all(content.markdown for content in PageContent.objects.all())


def test_bodies_stay_while_the_build_may_need_them(build: Build) -> None:
    let_pass(8)
    retention.clean_up()
    assert raw_bodies() == 2


def test_a_ready_agent_outlives_the_task_that_built_it(build: Build) -> None:
    build.execute_until("finalize")
    let_pass(21)
    retention.clean_up()
    assert not TaskState.objects.exists()
    assert AgentRecord.objects.ready().get().pk == build.agent.pk


def test_the_draft_of_a_build_that_ended_goes_with_its_pages_and_at_its_provider(
    build: Build,
) -> None:
    build.execute_until("create")
    lifecycle.fail(build._claim("upload"), "hopeless", "No.")
    assert LocalAgent.objects.exists()
    let_pass(11)
    retention.clean_up()
    for model in (AgentRecord, Page, PageContent, Chunk, LocalAgent):
        assert not model.objects.exists()
    assert TaskState.objects.get().state == State.FAILED


@pytest.mark.parametrize("days", [9, 11])
def test_the_draft_of_a_build_that_goes_on_stays(build: Build, days: int) -> None:
    build.execute_until("extract")
    if days == 9:
        fail(build)
    let_pass(days)
    retention.clean_up()
    assert AgentRecord.objects.get().pages.count() == 2


def test_a_retry_does_not_go_on_with_a_draft_that_is_being_removed(build: Build) -> None:
    build.execute_until("extract")
    fail(build)
    let_pass(11)
    assert retention.Removal(rule("drafts of builds that ended")).remove_chunk() == 1
    assert build.agent.pages.count() == 2
    lifecycle.retry(build.task.pk, by="somebody")
    with pytest.raises(PermanentError, match="Start a new build"):
        build.attempt("describe")


def test_a_draft_whose_build_is_retried_just_before_it_is_taken_away_stays(build: Build) -> None:
    build.execute_until("extract")
    fail(build)
    let_pass(11)
    drafts = rule("drafts of builds that ended")
    before = timezone.now()
    keys = list(drafts.due(before).values_list("pk", flat=True))
    assert keys == [build.agent.pk]
    lifecycle.retry(build.task.pk, by="somebody")
    assert drafts.remove(keys, before) == 0
    assert AgentRecord.objects.get().build_task == build.task


@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite locks no rows")
@pytest.mark.django_db(transaction=True)
def test_a_retry_waits_while_a_draft_is_taken_away(
    build: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    build.execute_until("extract")
    fail(build)
    let_pass(11)
    old_drafts, is_locked = agents_retention._old_drafts, []

    def looked_at(before: datetime) -> QuerySet[AgentRecord]:
        is_locked.append(not can_be_locked(build.task))
        return old_drafts(before)

    monkeypatch.setattr(agents_retention, "_old_drafts", looked_at)
    assert rule("drafts of builds that ended").remove([build.agent.pk], timezone.now()) == 1
    assert is_locked == [True]


def can_be_locked(task: TaskState) -> bool:
    """Whether somebody else could change the task now, without waiting."""
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute(
                "SELECT 1 FROM tasks_taskstate WHERE id = %s FOR UPDATE NOWAIT", [task.pk]
            )
    except OperationalError:
        return False
    finally:
        other.close()
    return True


def test_a_draft_whose_build_was_retried_in_time_stays(build: Build) -> None:
    build.execute_until("extract")
    fail(build)
    let_pass(11)
    lifecycle.retry(build.task.pk, by="somebody")
    retention.clean_up()
    build.execute("describe")
    assert build.agent.pages.count() == 2


def test_a_draft_that_its_provider_keeps_is_left_for_later(
    build: Build, caplog: pytest.LogCaptureFixture
) -> None:
    build.execute_until("create")
    lifecycle.fail(build._claim("upload"), "hopeless", "No.")
    AgentRecord.objects.update(provider="closed-down")
    let_pass(11)
    assert retention.clean_up()["abandoned drafts"] == 0
    assert AgentRecord.objects.exists()
    assert "closed-down" in caplog.text
    assert retention.due()["abandoned drafts"] == 0


def test_an_agent_whose_build_was_cancelled_at_the_end_never_appears(
    build: Build, settings: Any
) -> None:
    settings.AGENTFORGE_KEEP_DRAFTS_DAYS = 0
    for step in ("extract", "describe", "create", "upload"):
        build.execute(step)
    claim = build._claim("finalize")
    AgentRecord.objects.update(status=AgentStatus.READY)
    lifecycle.cancel(build.task.pk, by="somebody")
    lifecycle.succeed(claim, {"agent_id": str(build.agent.pk)})
    assert TaskState.objects.get().state == State.CANCELLED
    let_pass(21)
    retention.clean_up()
    assert not TaskState.objects.exists()
    assert AgentRecord.objects.exists()
    assert not AgentRecord.objects.ready().exists()
