"""A cancelled build leaves nothing at an outside platform, whatever comes in between."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from celery import Celery

from tests.chaos.database import Database
from tests.engine.driver import Engine, Json
from tests.engine.waiting import eventually
from tests.outside.platform import Frozen, Held, Platform, failing, passing
from tests.site import Site
from tests.stack import Stack

pytestmark = pytest.mark.services

CREATE, FIND = "PUT agents", "GET agents"
UPLOAD, COUNT, DELETE = "POST items", "GET items", "DELETE items"


@pytest.fixture
def empty(platform: Platform) -> Iterator[Platform]:
    """The platform as it is before and after: without an agent."""
    assert not platform.agents
    yield platform
    platform.agents.clear()


def begun(engine: Engine, site: Site) -> str:
    """A build at the platform that has just been submitted."""
    site.pages["/"] = "<title>Lathe</title><main><h1>Lathe</h1><p>It turns recipes.</p></main>"
    return engine.submit("build-agent", urls=[f"{site.url}/"], provider="outside")


def is_answered(platform: Platform, what: str, key: str, times: int = 1) -> Callable[[], bool]:
    """Whether the platform has done with the request, `times` over."""
    return lambda: platform.answered[f"{what}/{key}"] >= times


def known_ids(stack: Stack, task_id: str) -> list[str]:
    """What the build's record still knows of the platform."""
    database = Database(stack.environment.get("DATABASE_URL", ""), stack.data_dir)
    rows = database.rows("SELECT build_task_id, provider_agent_id FROM agents_agentrecord")
    return [row["provider_agent_id"] for row in rows if row["build_task_id"] == task_id]


def assert_nothing_is_left(engine: Engine, stack: Stack, platform: Platform, task_id: str) -> None:
    """Wait for it, and see that the task was cancelled, and that once."""
    eventually(lambda: not platform.agents and known_ids(stack, task_id) == [""], seconds=30)
    ends = [event["state"] for event in engine.events(task_id) if event["type"] == "state"]
    assert ends == ["QUEUED", "RUNNING", "CANCELLED"]
    assert engine.task(task_id)["state"] == "CANCELLED"
    assert engine.events(task_id)[-1]["state"] == "CANCELLED"


def cancelled(engine: Engine, task_id: str) -> Json:
    engine.cancel(task_id)
    assert engine.seconds_from_cancel_to_end(task_id) < 3
    return engine.task(task_id)


def remind_of_the_clean_up(stack: Stack, task_id: str) -> None:
    """Send its message once more, which the sweep would do as soon as its backoff is over."""
    broker = stack.environment.get("CELERY_BROKER_URL") or stack.redis_url()
    with Celery(broker=broker) as sender:
        sender.send_task("engine.undo", [task_id], queue="maintenance", ignore_result=True)


@pytest.mark.parametrize(("before", "in_hand"), [(0, UPLOAD), (2, COUNT)])
def test_nothing_is_left_of_a_build_that_waits_for_a_slow_platform(
    engine: Engine, stack: Stack, site: Site, empty: Platform, before: int, in_hand: str
) -> None:
    held = Held()
    empty.before(in_hand, *[passing] * before, held)
    task_id = begun(engine, site)
    held.wait_for_arrival()
    assert known_ids(stack, task_id) == [held.request.key]
    step = "upload" if in_hand == UPLOAD else "finalize"
    assert cancelled(engine, task_id)["current_step"] == step
    eventually(is_answered(empty, DELETE, held.request.key))
    held.let_go()
    eventually(is_answered(empty, in_hand, held.request.key, before + 1))
    assert_nothing_is_left(engine, stack, empty, task_id)
    assert engine.task(task_id)["details"] == "Cancelled, and cleaned up."


def test_nothing_is_left_of_an_agent_that_is_created_after_the_clean_up_has_looked_for_it(
    engine: Engine, stack: Stack, site: Site, empty: Platform
) -> None:
    held = Held()
    empty.before(CREATE, held)
    task_id = begun(engine, site)
    held.wait_for_arrival()
    assert cancelled(engine, task_id)["current_step"] == "create"
    eventually(is_answered(empty, FIND, held.request.key))
    held.let_go()
    eventually(is_answered(empty, CREATE, held.request.key))
    assert len(empty.agents) == 1
    assert_nothing_is_left(engine, stack, empty, task_id)


def test_it_is_removed_as_soon_as_the_platform_can_do_it(
    engine: Engine, stack: Stack, site: Site, empty: Platform
) -> None:
    held = Held()
    empty.before(UPLOAD, held)
    empty.before(DELETE, failing, failing)
    task_id = begun(engine, site)
    held.wait_for_arrival()
    cancelled(engine, task_id)
    held.let_go()
    for failures in (1, 2):
        eventually(is_answered(empty, DELETE, held.request.key, failures))
        eventually(lambda: engine.task(task_id)["details"] == "Cancelled. The platform failed.")
        assert len(empty.agents) == 1
        remind_of_the_clean_up(stack, task_id)
    assert_nothing_is_left(engine, stack, empty, task_id)
    eventually(lambda: engine.task(task_id)["details"] == "Cancelled, and cleaned up.")


def test_nothing_is_left_when_the_worker_dies_before_it_has_stored_what_it_made(
    engine: Engine, stack: Stack, site: Site, empty: Platform
) -> None:
    frozen = Frozen()
    empty.after(CREATE, frozen)
    task_id = begun(engine, site)
    frozen.wait_for_arrival()
    assert (len(empty.agents), known_ids(stack, task_id)) == (1, [""])
    engine.cancel(task_id)
    frozen.kill()
    engine.wait_for(task_id, "CANCELLED")
    frozen.let_go()
    assert_nothing_is_left(engine, stack, empty, task_id)


def test_a_build_whose_worker_died_there_finds_what_it_made_and_goes_on(
    engine: Engine, stack: Stack, site: Site, empty: Platform
) -> None:
    frozen = Frozen()
    empty.after(CREATE, frozen)
    task_id = begun(engine, site)
    frozen.wait_for_arrival()
    made = list(empty.agents)
    frozen.kill()
    done = engine.wait_for(task_id, "SUCCESS", seconds=60)
    frozen.let_go()
    assert list(empty.agents) == made == [done["result"]["provider_agent_id"]]
    assert empty.items() == done["result"]["chunks"] == 1
