"""What a free text finds."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User

from tasks import lifecycle, search, text_index
from tasks.models import TaskState, TaskText
from tests.dashboard import builds

pytestmark = pytest.mark.services


def found(text: str) -> list[str]:
    """What is on its page, which is all that it finds."""
    everything = TaskState.objects.matching(text)
    shown = search.page(TaskState.objects.all(), text, size=50)
    assert shown.further is None
    assert sorted(task.pk for task in shown.tasks) == sorted(task.pk for task in everything)
    return sorted(task.subject for task in shown.tasks)


@pytest.fixture(params=["among a few tasks", "text by text", "by the index"], autouse=True)
def way(request: Any, monkeypatch: Any) -> None:
    """Each of the ways in which a text is looked for."""
    if request.param == "among a few tasks":
        return
    look = {"text by text": text_index.passed, "by the index": text_index.sought}[request.param]
    monkeypatch.setattr(search, "FEW", 0)
    monkeypatch.setattr(search, "STEPS", ((look, text_index.SHELF),))


@pytest.mark.parametrize(
    ("subject", "text"),
    [
        ("Handbook", "HANDBOOK"),
        ("Handbook", "andboo"),
        ("Café crème", "cafe CREME"),
        ("Cafe creme", "Crème"),
        ("Страница", "страНИЦ"),
        ("Große Straße", "STRASSE"),
        ("ﬁle", "FILE"),
        ("東京都の案内", "東京都"),
        ("東京都の案内", "京都"),
        ("Launch 🚀🚀🚀 now", "🚀🚀🚀"),
        ("Launch 🚀 now", "🚀"),
        ("100% sure", "100%"),
        ("snake_case", "e_c"),
        (r"C:\temp\file", r"\temp\f"),
        ('The "best" one', '"best"'),
        ("It's AND * NOT ^ here", "AND * NOT ^"),
        ("https://docs.example.com/a?b=c", "example.com/a?b"),
        ("a b", "a"),
    ],
)
def test_a_text_is_found_wherever_it_stands(owner: User, subject: str, text: str) -> None:
    builds.queued(owner, name=subject)
    builds.queued(owner, name="xyz")
    assert found(text) == [subject]


@pytest.mark.parametrize("text", ["100%x", "e%c", "H_ndbook", "hand book", "Handbooks", "koobdnah"])
def test_a_text_that_stands_nowhere_finds_nothing(owner: User, text: str) -> None:
    builds.queued(owner, name="Handbook")
    builds.queued(owner, name="snake_case at 100 %")
    assert found(text) == []


@pytest.mark.parametrize("text", ["", "\u0301"])
def test_no_text_is_no_search_and_fits_every_task(owner: User, text: str) -> None:
    task = builds.queued(owner, name="Handbook")
    assert not search.is_search(text)
    assert list(TaskState.objects.matching(text)) == [task]


def test_a_text_of_ten_kilobytes_and_a_null_character_find_nothing(owner: User) -> None:
    builds.queued(owner, name="Handbook")
    assert found("handbook " * 1200) == []
    assert found("hand\x00book") == []


def test_a_task_is_found_by_its_id_its_error_and_its_code(owner: User) -> None:
    task = builds.failed(owner, "The disk of \N{LATIN CAPITAL LETTER E WITH ACUTE}va is full.")
    builds.queued(owner, name="Other")
    for text in ("disk of eva", "no_pages", str(task.pk), task.pk.hex.upper()):
        assert found(text) == [task.subject], text


def test_an_error_is_not_found_any_more_once_the_task_is_retried(owner: User) -> None:
    task = builds.failed(owner, "The disk is full.")
    lifecycle.retry(task.pk, owner)
    assert found("disk is full") == []
    assert found("docs.example.com") == [task.subject]


def test_the_text_goes_with_the_task_and_out_of_the_index(owner: User) -> None:
    builds.queued(owner, name="Handbook").delete()
    builds.queued(owner, name="Other")
    assert found("handbook") == []
    assert list(TaskText.objects.values_list("text", flat=True)) == ["other\n\n"]


def test_what_is_found_can_be_filtered_further(owner: User, staff: User) -> None:
    builds.queued(owner, name="Handbook")
    builds.failed(owner, name="Handbook of failures")
    builds.queued(staff, name="Handbook of others")
    mine = TaskState.objects.visible_to(owner).queued()
    assert [task.subject for task in search.page(mine, "handbook", 50).tasks] == ["Handbook"]
    assert [task.subject for task in mine.matching("handbook")] == ["Handbook"]
