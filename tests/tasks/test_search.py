"""What a free text finds."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User

from tasks import lifecycle, search
from tasks.models import TaskState, TaskText
from tests.dashboard import builds

pytestmark = pytest.mark.services


def found(text: str) -> list[str]:
    return sorted(TaskState.objects.matching(text).values_list("subject", flat=True))


@pytest.fixture(params=["rare", "common"])
def how_common(request: Any, monkeypatch: Any) -> str:
    """A rare text is looked up in the index, a common one on the way through the list."""
    if request.param == "common":
        monkeypatch.setattr(search, "FEW", 0)
    return str(request.param)


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
def test_a_text_is_found_wherever_it_stands(
    owner: User, how_common: str, subject: str, text: str
) -> None:
    builds.queued(owner, name=subject)
    builds.queued(owner, name="xyz")
    assert found(text) == [subject]


@pytest.mark.parametrize("text", ["100%x", "e%c", "H_ndbook", "hand book", "Handbooks", "koobdnah"])
def test_a_text_that_stands_nowhere_finds_nothing(owner: User, how_common: str, text: str) -> None:
    builds.queued(owner, name="Handbook")
    builds.queued(owner, name="snake_case at 100 %")
    assert found(text) == []


@pytest.mark.parametrize("text", ["", "\u0301"])
def test_no_text_finds_every_task(owner: User, text: str) -> None:
    builds.queued(owner, name="Handbook")
    assert found(text) == ["Handbook"]


def test_a_text_of_ten_kilobytes_and_a_null_character_find_nothing(
    owner: User, how_common: str
) -> None:
    builds.queued(owner, name="Handbook")
    assert found("handbook " * 1200) == []
    assert found("hand\x00book") == []


def test_a_task_is_found_by_its_id_its_error_and_its_code(owner: User, how_common: str) -> None:
    task = builds.failed(owner, "The disk of \N{LATIN CAPITAL LETTER E WITH ACUTE}va is full.")
    builds.queued(owner, name="Other")
    for text in ("disk of eva", "no_pages", str(task.pk), task.pk.hex.upper()):
        expected = [task.subject] if how_common == "rare" or "-" not in text else found(text)
        assert found(text) == expected, text


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


def test_what_is_found_can_be_filtered_further(owner: User, staff: User, how_common: str) -> None:
    builds.queued(owner, name="Handbook")
    builds.failed(owner, name="Handbook of failures")
    builds.queued(staff, name="Handbook of others")
    mine = TaskState.objects.visible_to(owner).matching("handbook").queued()
    assert [task.subject for task in mine] == ["Handbook"]
