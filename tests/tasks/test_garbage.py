"""A worker's process looks for garbage seldom, and still finds it."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator

import pytest
from celery import signals

from tasks import garbage


class Node:
    """Something that can refer to itself."""

    itself: Node


@pytest.fixture
def as_in_a_worker() -> Iterator[None]:
    """This process looks for garbage as a worker's does."""
    thresholds = gc.get_threshold()
    garbage.look_seldom()
    yield
    gc.unfreeze()
    gc.set_threshold(*thresholds)


def ring() -> weakref.ref[Node]:
    """What only a look for garbage can tell to be some."""
    node = Node()
    node.itself = node
    return weakref.ref(node)


def test_each_process_of_a_worker_is_told_when_it_begins() -> None:
    receivers = [receiver() for _, receiver in signals.worker_process_init.receivers]
    assert garbage.look_seldom in receivers


def test_what_was_there_before_is_never_looked_at(as_in_a_worker: None) -> None:
    assert gc.get_freeze_count() > 10_000


def test_a_few_new_objects_cause_no_look_and_many_do(as_in_a_worker: None) -> None:
    gc.collect()
    seen = ring()
    few: list[list[int]] = [[] for _ in range(garbage.NEW_OBJECTS // 2)]
    assert seen() is not None
    many: list[list[int]] = [[] for _ in range(garbage.NEW_OBJECTS)]
    assert seen() is None
    assert len(few) < len(many)
