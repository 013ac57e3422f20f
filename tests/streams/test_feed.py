"""Following a task, whatever the channel layer does with its messages."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator, Awaitable
from contextlib import aclosing
from typing import Any, TypeVar
from uuid import UUID, uuid4

import pytest
from django.contrib.auth.models import User
from django.db import OperationalError, connections

from tasks import events, log_lines
from tasks.streams import feed, hub, reading, sse, tail, topic
from tests.streams.history import History, channel_layer

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.services]

T = TypeVar("T")

RELIABLE = "channels.layers.InMemoryChannelLayer"
LAYERS = [
    RELIABLE,
    *(f"tests.streams.unreliable.{name}" for name in ("Lossy", "Forgetful", "Repeating")),
    *(f"tests.streams.unreliable.{name}" for name in ("Swapping", "Broken")),
]


@pytest.fixture(autouse=True)
def _never_polling(monkeypatch: pytest.MonkeyPatch) -> None:
    """Watchers do not look by themselves, so that what they should be told of, they must be."""
    monkeypatch.setattr(hub, "POLL_INTERVAL", 600)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Watchers look into the database very often."""
    monkeypatch.setattr(hub, "POLL_INTERVAL", 0.05)
    monkeypatch.setattr(topic, "SUBSCRIBE_TIMEOUT", 0.05)


@pytest.fixture(autouse=True)
def _no_connection_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    """Threads that read for a watcher end with the test's event loop; so must their connections."""
    monkeypatch.setitem(connections.settings["default"], "CONN_MAX_AGE", 0)


@pytest.fixture
def layer(settings: Any, request: pytest.FixtureRequest) -> str:
    """The channel layer of this process: the reliable one, unless the test names another."""
    backend: str = getattr(request, "param", RELIABLE)
    settings.CHANNEL_LAYERS = {"default": {"BACKEND": backend}}
    return backend


@pytest.fixture
def history(user: User) -> History:
    return History(user)


async def soon(event: Awaitable[T]) -> T:
    """Wait for what must happen in an instant, and fail if it does not."""
    return await asyncio.wait_for(event, 10)


async def watch(history: History, after: int = 0) -> list[int]:
    """The numbers of the events that a watcher gets until the end."""
    async with asyncio.timeout(10), aclosing(feed.follow(history.id, after)) as batches:
        return [event.seq async for batch in batches for event in batch]


async def batches_with_events(history: History) -> AsyncGenerator[list[int], None]:
    """What a watcher gets at a time."""
    async with aclosing(feed.follow(history.id)) as batches:
        async for batch in batches:
            if batch:
                yield [event.seq for event in batch]


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("layer", LAYERS, indirect=True)
async def test_every_event_arrives_once_in_order(layer: str, history: History) -> None:
    early = asyncio.create_task(watch(history))
    for _ in range(10):
        await history.grow()
    late = asyncio.create_task(watch(history, after=4))
    for _ in range(9):
        await history.grow()
    await history.grow("SUCCESS")
    assert await early == list(range(1, 21))
    assert await late == list(range(5, 21))


async def test_what_was_lost_in_between_is_read_from_the_database(
    layer: str, history: History
) -> None:
    await history.grow()
    watcher = batches_with_events(history)
    assert await soon(anext(watcher)) == [1]
    for _ in range(3):
        await history.commit()
    await history.publish(4)
    assert await soon(anext(watcher)) == [2, 3, 4]
    await watcher.aclose()


async def test_news_come_from_the_channel_layer_and_not_by_polling(
    layer: str, history: History
) -> None:
    await history.grow()
    watcher = batches_with_events(history)
    assert await soon(anext(watcher)) == [1]
    following = asyncio.ensure_future(soon(anext(watcher)))
    await history.grow()
    assert await following == [2]
    await watcher.aclose()


async def test_the_final_event_ends_the_watching_without_a_poll(
    layer: str, history: History
) -> None:
    await history.grow()
    watcher = batches_with_events(history)
    assert await soon(anext(watcher)) == [1]
    following = asyncio.ensure_future(soon(anext(watcher)))
    await history.grow("SUCCESS")
    assert await following == [2]
    assert await soon(anext(watcher, None)) is None


@pytest.mark.parametrize("layer", ["tests.streams.unreliable.Late"], indirect=True)
async def test_what_was_told_before_a_late_subscription_is_read(
    layer: str, history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(topic, "SUBSCRIBE_TIMEOUT", 0.05)
    await history.commit()
    watcher = batches_with_events(history)
    assert await soon(anext(watcher)) == [1]
    await history.grow()
    channel_layer().is_open.set()
    assert await soon(anext(watcher)) == [2]
    await watcher.aclose()


@pytest.mark.parametrize("layer", ["tests.streams.unreliable.Doubtful"], indirect=True)
async def test_a_subscription_whose_answer_was_lost_is_ended_with_the_watching(
    layer: str, history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(topic, "SUBSCRIBE_TIMEOUT", 0.05)
    monkeypatch.setattr(hub, "RETRY_INTERVAL", 0.05)
    await history.commit()
    watcher = batches_with_events(history)
    assert await soon(anext(watcher)) == [1]
    await watcher.aclose()
    assert channel_layer().groups
    channel_layer().is_well = True
    async with asyncio.timeout(10):
        while channel_layer().groups:  # noqa: ASYNC110  (the layer has no event for it)
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("layer", ["tests.streams.unreliable.Broken"], indirect=True)
@pytest.mark.usefixtures("impatient")
async def test_what_is_done_for_all_watchers_is_not_logged_as_the_first_ones(
    layer: str, history: History, caplog: pytest.LogCaptureFixture
) -> None:
    ids = log_lines.IdsFilter()
    caplog.handler.addFilter(ids)
    await history.commit("SUCCESS")
    with log_lines.about(request_id="the first one's"):
        assert await watch(history) == [1]
    caplog.handler.removeFilter(ids)
    told = [record for record in caplog.records if record.name.startswith("tasks.streams")]
    assert {record.name for record in told} == {"tasks.streams.hub", "tasks.streams.topic"}
    assert all(record.__dict__["ids"] == {} for record in told)


async def test_watchers_wait_for_a_database_that_is_away(
    layer: str, history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(topic, "RETRY_INTERVAL", 0.01)
    look, failures = reading.positions, [OperationalError("gone")] * 3

    async def look_when_it_is_back(task_ids: list[UUID]) -> Any:
        if failures:
            raise failures.pop()
        return await look(task_ids)

    monkeypatch.setattr(reading, "positions", look_when_it_is_back)
    await history.commit("SUCCESS")
    assert await watch(history) == [1]
    assert not failures


async def test_news_during_a_look_into_the_database_are_noticed(
    layer: str, history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    look = reading.positions

    async def look_while_something_happens(task_ids: list[UUID]) -> Any:
        found = await look(task_ids)
        if not history.seq:
            await history.grow()
            await history.publish(1)  # by now the first message has been received
        return found

    monkeypatch.setattr(reading, "positions", look_while_something_happens)
    watcher = batches_with_events(history)
    assert await soon(anext(watcher)) == [1]
    await watcher.aclose()


async def test_a_long_history_is_replayed_page_by_page(
    layer: str, history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "PAGE", 3)
    for _ in range(6):
        await history.commit()
    await history.commit("FAILED")
    watcher = batches_with_events(history)
    for batch in ([1, 2, 3], [4, 5, 6], [7]):
        assert await soon(anext(watcher)) == batch
    assert await soon(anext(watcher, None)) is None


async def test_what_was_lost_is_read_though_it_is_more_than_a_page(
    layer: str, history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "PAGE", 3)
    await history.grow()
    watcher = batches_with_events(history)
    seen = await soon(anext(watcher))
    for _ in range(7):
        await history.commit()
    await history.publish(8)
    while seen[-1] < 8:
        seen += await soon(anext(watcher))
    await watcher.aclose()
    assert seen == list(range(1, 9))


async def test_a_long_history_is_not_kept_for_the_sake_of_one_who_is_far_behind(
    layer: str, history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "PAGE", 3)
    for _ in range(10):
        await history.commit()
    watcher = batches_with_events(history)
    assert await soon(anext(watcher)) == [1, 2, 3]
    kept = hub.hub().topics[history.id]._tail
    assert kept and (kept.floor, kept.last) == (7, 10)
    await watcher.aclose()


async def test_a_read_that_has_to_wait_holds_up_nobody_else(
    layer: str, history: History, user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = await asyncio.to_thread(History, user)
    arrived, released, look = threading.Event(), threading.Event(), events.since

    def look_and_wait(task_id: UUID, *more: Any) -> Any:
        if task_id == history.id:
            arrived.set()
            released.wait(60)
        return look(task_id, *more)

    for each in (history, other):
        await each.commit("SUCCESS")
    monkeypatch.setattr(events, "since", look_and_wait)
    waiting = asyncio.create_task(watch(history))
    assert await asyncio.to_thread(arrived.wait, 60)
    try:
        assert await watch(other) == [1]
    finally:
        released.set()
    assert await waiting == [1]


async def test_a_watcher_that_is_slower_than_the_buffer_misses_nothing(
    layer: str, history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tail, "TAIL_EVENTS", 4)
    await history.grow()
    watcher = batches_with_events(history)
    seen = await soon(anext(watcher))
    for _ in range(10):
        await history.grow()
    await history.grow("SUCCESS")
    while seen[-1] < history.seq:
        seen += await soon(anext(watcher))
    await watcher.aclose()
    assert seen == list(range(1, 13))


async def test_a_retry_after_the_final_event_is_followed(layer: str, history: History) -> None:
    await history.commit("FAILED")
    await history.commit("QUEUED")
    watcher = asyncio.create_task(watch(history))
    await history.grow("CANCELLED")
    assert await watcher == [1, 2, 3]


async def test_so_it_is_while_somebody_still_reads_of_the_end_before_it(
    layer: str, history: History
) -> None:
    slow = batches_with_events(history)
    await history.grow("FAILED")
    assert await soon(anext(slow)) == [1]
    await history.grow("QUEUED")
    watcher = asyncio.create_task(watch(history, after=1))
    await history.grow("CANCELLED")
    assert await watcher == [2, 3]
    await slow.aclose()


@pytest.mark.parametrize("state", ["SUCCESS", "FAILED", "CANCELLED"])
async def test_a_finished_task_is_replayed_and_left(
    layer: str, history: History, state: str
) -> None:
    await history.commit()
    await history.commit(state)
    assert await watch(history) == [1, 2]
    assert await watch(history, after=2) == []
    assert await watch(history, after=99) == []


async def test_a_history_that_begins_late_is_replayed_from_there(
    layer: str, history: History
) -> None:
    history.seq = 7
    await history.commit("FAILED")
    for after in (0, 5, 7):
        assert await watch(history, after) == [8]
    assert await watch(history, after=8) == []


async def test_a_retry_of_a_task_without_its_old_history_is_followed(
    layer: str, history: History
) -> None:
    history.seq = 7
    await history.commit("FAILED")
    await history.grow("QUEUED")
    watcher = asyncio.create_task(watch(history))
    await history.grow()
    await history.grow("CANCELLED")
    assert await watcher == [8, 9, 10, 11]


async def test_a_task_that_was_deleted_is_left(layer: str, history: History) -> None:
    history.id = uuid4()
    assert await watch(history) == []


@pytest.mark.usefixtures("impatient")
async def test_silence_is_told_so_that_connections_can_be_kept_alive(
    layer: str, history: History
) -> None:
    async with aclosing(feed.follow(history.id)) as batches:
        assert await soon(anext(batches)) == []


@pytest.mark.usefixtures("impatient")
async def test_a_silent_stream_opens_at_once_and_is_kept_alive_by_comments(
    layer: str, history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sse, "COMMENT_INTERVAL", 0.1)
    async with aclosing(frames(history)) as stream:
        assert await soon(anext(stream)) == ": open\n\n"
        assert await soon(anext(stream)) == ": still here\n\n"
        await history.grow()
        frame = await soon(anext(stream))
        while frame == ": still here\n\n":
            frame = await soon(anext(stream))
    fields = dict(line.split(": ", 1) for line in frame.strip().split("\n"))
    assert (fields["id"], fields["event"]) == ("1", "state")
    assert '"seq":1' in fields["data"]


async def frames(history: History) -> AsyncGenerator[str, None]:
    async for frame in sse.event_stream(history.id, 0):
        yield frame.decode()


async def test_a_message_of_many_lines_stays_one_field(layer: str, history: History) -> None:
    await history.commit("SUCCESS", message="one\ntwo\r\n\r\nthree")
    _, frame = [frame async for frame in frames(history)]
    assert len(frame.strip().split("\n")) == 3
