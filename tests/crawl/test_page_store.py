"""The rows of a crawl, written outcome by outcome."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.contrib.auth.models import User

from agents.crawl.batch import Outcome
from agents.crawl.frontier import Entry, Frontier
from agents.crawl.results import FetchResult, FetchStatus, Refusal
from agents.crawl.scope import Scope
from agents.models import AgentRecord
from agents.steps.page_store import PageStore

pytestmark = [pytest.mark.django_db, pytest.mark.services]

HOME = "http://example.com/"
TOO_DEEP = Refusal("too_deep", "It is too far away.")


@pytest.fixture
def store(user: User) -> PageStore:
    return PageStore(AgentRecord.objects.create(owner=user).pk)


def fetched(position: int, url: str) -> Outcome:
    result = FetchResult(FetchStatus.FETCHED, url, http_status=200, body=b"x")
    return Outcome(Entry(1, position, url), result)


def test_a_url_that_was_left_out_is_taken_up_when_a_shorter_way_is_found(store: PageStore) -> None:
    frontier = Frontier(10)
    frontier.add(HOME, 0)
    left_out = frontier.leave_out(f"{HOME}a", 9)
    assert left_out
    store.save([replace(fetched(0, HOME), left_out=[(left_out, TOO_DEEP)])])
    row = store.pages.get(url=f"{HOME}a")
    assert (row.status, row.reason_code, row.fetched_at) == ("skipped", "too_deep", None)

    found = frontier.add(f"{HOME}a", 1)
    assert found
    store.save([replace(fetched(2, f"{HOME}b"), found=[found])])
    row.refresh_from_db()
    assert (row.status, row.reason_code, row.depth) == ("pending", "", 1)


def test_an_interrupted_crawl_remembers_what_was_left_out(store: PageStore) -> None:
    outcome = replace(fetched(0, HOME), left_out=[(Entry(9, 1, f"{HOME}a"), TOO_DEEP)])
    store.save([outcome])
    frontier = Frontier(10)
    store.counts.clear()
    store.restore(frontier, Scope([HOME], max_depth=3))
    assert frontier.leave_out(f"{HOME}a", 9) is None
    assert frontier.add(f"{HOME}a", 1) == Entry(1, 1, f"{HOME}a")
    assert store.counts == {"fetched": 1}
    assert store.skipped == 1


def test_an_interrupted_crawl_remembers_other_spellings(store: PageStore) -> None:
    frontier = Frontier(10)
    start, _ = frontier.add(HOME, 0), frontier.add(f"{HOME}index.html", 1)
    assert start
    store.add([start])
    store.note_spellings(frontier.new_spellings())
    assert store.pages.get().other_spelling == f"{HOME}index.html"

    taken_up = Frontier(10)
    store.restore(taken_up, Scope([HOME], max_depth=3))
    assert taken_up.another_spelling(start) == Entry(0, 1, f"{HOME}index.html")
