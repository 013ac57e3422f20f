"""What is kept of a history in memory, and what is told of it at once."""

from __future__ import annotations

import json
from uuid import uuid4

import pytest

from tasks import publisher
from tasks.events import EventPayload, WireEvent, encoded
from tasks.streams import tail
from tasks.streams.tail import Tail


def event(seq: int, message: str = "") -> EventPayload:
    return EventPayload(
        seq=seq,
        type="log",
        at="2026-01-01T00:00:00Z",
        state="RUNNING",
        percent=0.0,
        step="step",
        message=message,
        data={},
    )


def events(*seqs: int, message: str = "") -> list[WireEvent]:
    return [encoded(event(seq, message)) for seq in seqs]


def seqs(found: list[WireEvent]) -> list[int]:
    return [event.seq for event in found]


def test_what_is_heard_continues_a_tail_once_and_without_a_gap() -> None:
    end = Tail(3)
    assert end.hear(events(2, 3, 4, 5))
    assert end.hear(events(4, 5, 6))
    assert not end.hear(events(7, 9))
    assert seqs(end.after(3, 100)) == [4, 5, 6, 7]
    assert end.last == 7


def test_what_is_read_may_lack_what_does_not_exist() -> None:
    end = Tail(0)
    end.read(events(8, 9))
    assert seqs(end.after(0, 100)) == [8, 9]


def test_a_reader_takes_its_part_and_no_more_than_a_page() -> None:
    end = Tail(10)
    end.read(events(*range(11, 31)))
    assert seqs(end.after(25, 100)) == [26, 27, 28, 29, 30]
    assert seqs(end.after(10, 3)) == [11, 12, 13]
    assert end.after(30, 100) == end.after(99, 100) == []


@pytest.mark.parametrize(
    ("name", "limit", "message"), [("TAIL_EVENTS", 50, ""), ("TAIL_CHARACTERS", 50_000, "x" * 900)]
)
def test_a_tail_forgets_what_is_old_and_says_so(
    monkeypatch: pytest.MonkeyPatch, name: str, limit: int, message: str
) -> None:
    monkeypatch.setattr(tail, name, limit)
    end = Tail(0)
    for seq in range(1, 1001):
        end.hear(events(seq, message=message))
        kept = end.after(end.floor, 1000)
        assert seqs(kept) == list(range(end.floor + 1, seq + 1))
        assert len(kept) <= 50
        assert sum(len(event.json) for event in kept) <= 50_000
    assert end.floor > 900


def test_an_event_that_is_too_long_for_a_tail_is_left_to_the_database(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tail, "TAIL_CHARACTERS", 1000)
    end = Tail(0)
    assert end.hear(events(1, message="x" * 2000))
    assert (end.floor, end.last, end.after(1, 100)) == (1, 1, [])


def test_many_events_are_told_in_messages_of_bounded_length() -> None:
    task_id = uuid4()
    told = list(publisher.messages(task_id, [event(n, "x" * 500) for n in range(1, 2001)]))
    assert len(told) > 5
    lengths = [sum(len(text) for *_, text in message["events"]) for message in told]
    assert max(lengths) <= publisher.MESSAGE_CHARACTERS
    assert [seq for message in told for seq, *_ in message["events"]] == list(range(1, 2001))
    assert {message["task_id"] for message in told} == {str(task_id)}


def test_an_event_that_is_longer_than_a_message_is_told_alone() -> None:
    long = "x" * (2 * publisher.MESSAGE_CHARACTERS)
    told = list(publisher.messages(uuid4(), [event(1), event(2, long), event(3)]))
    assert [[seq for seq, *_ in message["events"]] for message in told] == [[1], [2], [3]]


def test_an_event_travels_as_the_json_that_the_api_answers_with() -> None:
    payload = event(5, "naïve ☃ \u2028")
    assert json.loads(encoded(payload).json) == payload
