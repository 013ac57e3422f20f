"""What the retry of a build fetches: what is missing."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User

from agents.models import AgentRecord, Page
from tasks import lifecycle, retention, workflows
from tasks.states import State
from tests.refresh.running import Run
from tests.refresh.website import Website, chapter

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.services]

DOWN = tuple(f"/chapter{number}" for number in range(1, 6))


@pytest.fixture
def failed(user: User, website: Website) -> Run:
    """A build that failed because five pages of eight could not be fetched; now they can be."""
    website.statuses |= dict.fromkeys(DOWN, 500)
    params = workflows.get("build-agent").clean({"urls": [f"{website.root}/"]})
    run = Run(lifecycle.submit("build-agent", params, user).task)
    assert run.to_the_end().error_code == "too_many_failures"
    assert sum(website.full.values()) == 3
    website.statuses.clear()
    website.forget()
    return run


def test_the_retry_of_a_failed_crawl_fetches_only_what_had_failed(
    user: User, website: Website, failed: Run
) -> None:
    lifecycle.retry(failed.task.pk, by=user)
    done = failed.to_the_end()
    assert (done.state, done.result and done.result["pages"]) == (State.SUCCESS, 8)
    assert website.full == dict.fromkeys(DOWN, 1)
    assert not website.not_modified


def test_the_retry_of_a_later_step_fetches_nothing(
    user: User, website: Website, failed: Run
) -> None:
    lifecycle.retry(failed.task.pk, by=user)
    failed.up_to("upload")
    lifecycle.fail(failed.claim("upload"), "test", "Something broke.")
    website.forget()
    lifecycle.retry(failed.task.pk, by=user)
    assert failed.to_the_end().state == State.SUCCESS
    assert not website.full
    assert not website.not_modified


def test_a_retry_from_the_start_is_sent_only_what_it_has_not(
    user: User, website: Website, failed: Run
) -> None:
    website.change("/chapter6", chapter(6, "grade nine hundred"))
    lifecycle.retry(failed.task.pk, by=user, start_over=True)
    assert failed.to_the_end().state == State.SUCCESS
    assert website.full == dict.fromkeys((*DOWN, "/chapter6"), 1)
    assert set(website.not_modified) == {"/", "/chapter7"}
    agent = AgentRecord.objects.ready().get()
    texts = list(agent.chunks.values_list("text", flat=True))
    assert (len(texts), sum("nine hundred" in text for text in texts)) == (8, 1)
    page = agent.pages.get(url__endswith="/chapter7")
    assert (page.http_status, page.content_type) == (200, "text/html; charset=utf-8")
    retention.clean_up()
    assert AgentRecord.objects.get() == agent
    assert Page.objects.count() == 8
