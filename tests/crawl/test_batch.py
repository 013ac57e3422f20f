"""Outcomes are handed over in batches that are neither large nor late."""

import asyncio

from agents.crawl.batch import BATCH_BYTES, BATCH_PAGES, BATCH_SECONDS, Batch, Outcome
from agents.crawl.frontier import Entry
from agents.crawl.results import FetchResult, FetchStatus


def outcome(size: int = 1) -> Outcome:
    result = FetchResult(FetchStatus.FETCHED, "http://example.com/", body=b"x" * size)
    return Outcome(Entry(0, 0, "http://example.com/"), result)


async def test_an_empty_batch_is_never_due() -> None:
    batch = Batch()
    batch.extend([])
    assert (batch.is_due, batch.seconds_left) == (False, None)


async def test_a_batch_is_due_when_it_is_full() -> None:
    batch = Batch()
    batch.extend(outcome() for _ in range(BATCH_PAGES - 1))
    assert not batch.is_due
    batch.extend([outcome()])
    assert batch.is_due


async def test_a_batch_of_large_pages_is_due_early() -> None:
    batch = Batch()
    batch.extend([outcome(BATCH_BYTES // 2)])
    assert not batch.is_due
    batch.extend([outcome(BATCH_BYTES // 2)])
    assert batch.is_due


async def test_a_batch_is_due_a_moment_after_its_first_outcome() -> None:
    batch = Batch()
    batch.extend([outcome()])
    assert batch.seconds_left is not None and 0 < batch.seconds_left <= BATCH_SECONDS
    await asyncio.sleep(batch.seconds_left)
    assert batch.is_due
