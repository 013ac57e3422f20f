"""What the retry of a build fetches: what is missing."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User

from tasks import lifecycle, workflows
from tasks.states import State
from tests.refresh.running import Run
from tests.refresh.website import Website

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
