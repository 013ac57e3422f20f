"""Holds database, watchers, webhooks and broker against each other: what is wrong, in sentences."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from tasks.states import FINISHED
from tests.chaos import histories
from tests.chaos.database import Row
from tests.chaos.ledger import Ledger
from tests.chaos.stories import Story
from tests.webhooks.receiver import Webhook

SEEN = ("seq", "type", "state", "percent", "step", "message", "data")
DEATH = "The worker stopped in the middle of"


def of_tasks(stories: Iterable[Story], ledger: Ledger) -> Iterator[str]:
    """Each task by itself, and that there is one of each."""
    stories = list(stories)
    for story in stories:
        for fault in histories.faults_of(story.plan, story.task_id, ledger):
            yield f"{story.plan.workflow} {story.task_id}: {fault}."
    begun = Counter(story.task_id for story in stories)
    for task_id in ledger.tasks.keys() ^ begun.keys():
        yield f"{task_id} is in the database without having been submitted, or the reverse."


def of_watchers(stories: Iterable[Story], ledger: Ledger) -> Iterator[str]:
    """Each watcher saw what the database has, once, in order."""
    for story in stories:
        watched = story.follower.events if story.follower else []
        seen = [[event[name] for name in SEEN] for event in watched]
        if seen != [[event[name] for name in SEEN] for event in ledger.events[story.task_id]]:
            seqs = [event["seq"] for event in watched]
            yield f"The watcher of {story.task_id} saw {seqs}, which is not the history."


def of_webhooks(
    stories: Iterable[Story], ledger: Ledger, received: Sequence[Webhook]
) -> Iterator[str]:
    """Each end of a task that calls back was told, under one id."""
    bodies: dict[str, set[bytes]] = defaultdict(set)
    for webhook in received:
        bodies[webhook.headers["webhook-id"]].add(webhook.body)
    for story in stories:
        deliveries = ledger.deliveries[story.task_id]
        ends = Counter(_ends(ledger.events[story.task_id]) if story.plan.calls_back else ())
        if ends != Counter(row["task_state"] for row in deliveries):
            yield f"{story.task_id} ended as {ends}, and that is not what its webhooks say."
        for row in deliveries:
            if bodies.get(row["id"]) != {row["body"].encode()}:
                told = len(bodies.get(row["id"], ()))
                yield f"The webhook {row['id']} ({row['state']}) arrived in {told} versions."


def of_totals(ledger: Ledger) -> Iterator[str]:
    """The totals of the metrics are what the histories add up to."""
    events = [event for history in ledger.events.values() for event in history]
    restarts = sum(histories.is_queued(event) for event in events) - len(ledger.tasks)
    rescues = sum(event["message"].startswith(DEATH) for event in events)
    rescues += sum(_is_death(event) for event in events)
    expected = Counter({("run", state): n for state, n in Counter(_ends(events)).items()})
    expected += Counter({("restart", ""): restarts, ("rescue", ""): rescues})
    counted: Counter[tuple[str, str]] = Counter()
    for row in ledger.counters:
        if row["measure"] != "attempt":
            counted[row["measure"], row["state"]] += row["count"]
    if counted != expected:
        yield f"The totals say {dict(counted)}, the histories {dict(expected)}."


def of_messages(waiting: Mapping[str, int]) -> Iterator[str]:
    """No message is left that could still set something off."""
    for queue, messages in waiting.items():
        if messages:
            yield f"{messages} messages are left in the queue {queue}."


def _ends(events: Iterable[Row]) -> Iterator[str]:
    return (
        event["state"]
        for event in events
        if event["type"] == "state" and event["state"] in FINISHED
    )


def _is_death(event: Row) -> bool:
    """A step that was given up with its last death has no line that another worker goes on."""
    return event["type"] == "step" and event["data"].get("error_code") == "worker_lost"
