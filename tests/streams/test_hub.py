"""What watchers hold of the channel layer, and that nothing of it stays when they have left."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from contextlib import aclosing
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.db import connections

from tasks.streams import feed, reading
from tasks.streams import hub as hubs
from tests.streams.history import History, channel_layer
from tests.valkey import RestartableValkey

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.services]

COMINGS = 1_000


@pytest.fixture(autouse=True)
def _no_connection_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    """Threads that read for a watcher end with the test's event loop; so must their connections."""
    monkeypatch.setitem(connections.settings["default"], "CONN_MAX_AGE", 0)


@pytest.fixture
def history(user: User) -> History:
    return History(user)


async def until(condition: Callable[[], bool], seconds: float = 60) -> None:
    """Wait for what another coroutine brings about."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110  (there is no event for the inside of a library)
            await asyncio.sleep(0.01)


def held() -> dict[str, int]:
    """How many of each thing are held for watchers at the moment."""
    layer, hub = channel_layer(), hubs.hub()
    return {
        "topics": len(hub.topics),
        "joined": len(hub.joined),
        "channels": len(layer.channels),
        "groups": len(layer.groups),
        "subscriptions": sum(len(shard._subscribed_to) for shard in layer._shards),
        "coroutines": len(asyncio.all_tasks()),
    }


async def first_batch(history: History, after: int = 0) -> list[int]:
    """Begin to watch, leave with the first events."""
    async with aclosing(feed.follow(history.id, after)) as batches:
        async for batch in batches:
            if batch:
                return [event.seq for event in batch]
    return []


async def watched(history: History) -> list[int]:
    """Watch to the end."""
    async with aclosing(feed.follow(history.id)) as batches:
        return [event.seq async for batch in batches for event in batch]


async def at_rest(history: History) -> dict[str, int]:
    """What is held once a first watcher has come and gone."""
    await first_batch(history)
    await until(lambda: not hubs.hub().joined)
    return held()


async def test_all_watchers_of_a_task_share_one_subscription(valkey: str, history: History) -> None:
    await history.commit()
    before = await at_rest(history)
    watching = [asyncio.create_task(watched(history)) for _ in range(20)]
    await until(lambda: held()["subscriptions"] == before["subscriptions"] + 1)
    await until(lambda: all(topic.watchers == 20 for topic in hubs.hub().topics.values()))
    assert (held()["topics"], held()["groups"], held()["channels"]) == (1, 1, 1)
    await history.grow("SUCCESS")
    assert await asyncio.gather(*watching) == [[1, 2]] * 20
    await until(lambda: held() == before)


async def test_thousands_of_watchers_that_came_and_went_leave_nothing_behind(
    valkey: str, user: User
) -> None:
    histories = [await new_history(user) for _ in range(20)]
    before = await at_rest(histories[0])
    chance = random.Random(7)
    some = asyncio.Semaphore(50)

    async def come_and_go() -> None:
        async with some:
            watching = asyncio.create_task(first_batch(chance.choice(histories)))
            for _ in range(chance.randrange(40)):
                await asyncio.sleep(0)
            watching.cancel()
            await asyncio.wait([watching])

    await asyncio.gather(*(come_and_go() for _ in range(COMINGS)))
    await until(lambda: held() == before)


async def new_history(user: User) -> History:
    """A history of one event, of one more task."""
    history = await asyncio.to_thread(History, user)
    await history.commit()
    return history


# redis-py lets go of a connection that broke while it was being made, without closing its stream.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
async def test_an_outage_of_the_channel_layer_leaves_nothing_behind(
    own_valkey: RestartableValkey, user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hubs, "RETRY_INTERVAL", 0.01)
    monkeypatch.setattr(hubs, "POLL_INTERVAL", 0.05)
    staying, leaving, coming = [await new_history(user) for _ in range(3)]
    before = await at_rest(staying)
    watching = [asyncio.create_task(watched(history)) for history in (staying, leaving)]
    await until(lambda: held()["subscriptions"] == before["subscriptions"] + 2)
    failures = count_failures(monkeypatch)
    own_valkey.kill()
    watching[1].cancel()
    watching.append(asyncio.create_task(watched(coming)))
    await until(lambda: len(failures) > 5)
    own_valkey.start()
    await until(lambda: hubs.hub().joined == {staying.id, coming.id})
    await until(lambda: held()["subscriptions"] == before["subscriptions"] + 2)
    assert (held()["channels"], held()["groups"]) == (1, 2)
    for history in (staying, coming):
        await history.commit("SUCCESS")
    assert [await watching[0], await watching[2]] == [[1, 2]] * 2
    await until(lambda: held() == before)


def count_failures(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Each warning of the hub that something did not work, from now on."""
    failures: list[str] = []
    monkeypatch.setattr(hubs.logger, "warning", lambda text, *_: failures.append(text))
    return failures


async def test_what_is_watched_is_looked_for_with_one_query_for_all(
    valkey: str, user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hubs, "POLL_INTERVAL", 0.05)
    histories = [await new_history(user) for _ in range(5)]
    looks: list[set[Any]] = []
    look = reading.positions

    async def noted(task_ids: list[Any]) -> Any:
        looks.append(set(task_ids))
        return await look(task_ids)

    monkeypatch.setattr(reading, "positions", noted)
    watching = [asyncio.create_task(watched(history)) for history in histories]
    everything = {history.id for history in histories}
    await until(lambda: looks.count(everything) > 2)
    for history in histories:
        await history.commit("SUCCESS")
    assert await asyncio.gather(*watching) == [[1, 2]] * 5


async def test_watchers_of_a_task_that_is_not_there_leave_at_once(valkey: str) -> None:
    async with aclosing(feed.follow(uuid4())) as batches:
        assert [batch async for batch in batches] == []
