"""The extract step: what becomes of each page, and what a crash leaves behind."""

import zlib
from datetime import date
from typing import Any

import pytest
from django.contrib.auth.models import User

from agents.models import Chunk, Page, PageContent, PageStatus
from agents.steps import extract as extract_step
from agents.steps.duplicates import drop_duplicates
from agents.steps.reading import Reading, read_page
from tasks.errors import LeaseLost, PermanentError, StepCancelled, StepTimedOut
from tasks.interrupt import Interrupt
from tasks.lifecycle import LeaseCheck
from tests.knowledge.building import Build, html

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.services]


def many(count: int) -> dict[str, str]:
    return {f"/{n}": html(f"Page {n}", f"Text number {n} of all.") for n in range(count)}


def test_pages_become_markdown_and_chunks(user: User) -> None:
    build = Build(user, {"/a": html("First", "Some text."), "/b": html("Second", "Other text.")})
    output = build.execute("extract")
    page = Page.objects.get(url__endswith="/a")
    chunk = Chunk.objects.get(page=page)
    assert (page.status, page.title, page.content.markdown) == (
        "extracted", "First", "# First\n\nSome text."
    )  # fmt: skip
    assert (chunk.text, chunk.heading_path, chunk.token_count) == ("Some text.", ["First"], 3)
    assert output == {"pages": 2, "chunks": 2, "tokens": 6}


def test_the_day_of_publication_is_kept(user: User) -> None:
    dated = '<meta property="article:published_time" content="2024-02-29T10:00:00Z">'
    build = Build(user, {"/a": dated + html("First", "Some text."), "/b": html("B", "No date.")})
    build.execute("extract")
    days = Page.objects.order_by("position").values_list("published", flat=True)
    assert list(days) == [date(2024, 2, 29), None]


def test_progress_counts_pages(user: User) -> None:
    build = Build(user, many(45))
    build.plan_pages()
    build.read_batch()
    assert build.progress("extract") == (11, 45)
    build.execute("extract")
    assert build.progress("extract") == (45, 45)
    assert "45 of 45 pages read" in build.messages()


def test_the_same_content_is_kept_once_with_the_page_found_first(user: User) -> None:
    pages = many(30) | {"/copy": html("Page 3", "Text number 3 of all."), "/3?print": many(4)["/3"]}
    build = Build(user, pages)
    build.execute("extract")
    copies = Page.objects.filter(status=PageStatus.DUPLICATE)
    assert {page.url for page in copies} == {
        "https://docs.example/copy", "https://docs.example/3?print"
    }  # fmt: skip
    assert {page.duplicate_of.url for page in copies if page.duplicate_of} == {
        "https://docs.example/3"
    }
    assert Chunk.objects.count() == 30


def test_so_it_is_where_the_copy_was_read_first(user: User) -> None:
    build = Build(user, many(20) | {"/copy": html("Page 3", "Text number 3 of all.")})
    build.plan_pages()
    with build.holding_a_batch():
        while build.statuses()["/copy"] != PageStatus.EXTRACTED:
            build.read_batch()
        assert build.statuses()["/3"] != PageStatus.EXTRACTED
    build.execute("extract")
    assert (build.statuses()["/3"], build.statuses()["/copy"]) == ("extracted", "duplicate")
    assert Chunk.objects.filter(text="Text number 3 of all.").count() == 1


def test_and_where_the_first_page_could_only_be_fetched_by_a_later_run(user: User) -> None:
    text = html("Page", "The same text.")
    build = Build(user, {"/late": "", "/kept": text, "/copy": text})
    build.attempt("extract")
    kept = Page.objects.get(url__endswith="/kept")
    Page.objects.filter(url__endswith="/late").update(
        status=PageStatus.EXTRACTED, content_hash=kept.content_hash
    )
    drop_duplicates(build.agent)
    copies = Page.objects.filter(status=PageStatus.DUPLICATE)
    assert {page.url[-5:]: page.duplicate_of.url[-5:] for page in copies if page.duplicate_of} == {
        "/kept": "/late",
        "/copy": "/late",
    }
    assert not Chunk.objects.exists()


def test_another_agent_with_the_same_content_keeps_its_own(user: User) -> None:
    pages = {"/a": html("First", "The same text."), "/b": html("Second", "Other text.")}
    for build in (Build(user, pages), Build(user, pages)):
        assert build.execute("extract")["chunks"] == 2
    assert not Page.objects.filter(status=PageStatus.DUPLICATE).exists()


def test_a_page_without_text_is_empty_and_says_so(user: User) -> None:
    build = Build(user, {"/a": html("First", "Text."), "/b": "<script>app()</script>", "/c": ""})
    build.execute("extract")
    assert build.statuses() == {"/a": "extracted", "/b": "empty", "/c": "empty"}
    assert Page.objects.get(url__endswith="/b").reason == "The page holds no text."


def test_a_page_that_cannot_be_read_fails_alone_and_is_logged(user: User) -> None:
    build = Build(user, {"/a": html("First", "Text."), "/b": "x"})
    PageContent.objects.filter(page__url__endswith="/b").update(raw=b"not compressed")
    build.execute("extract")
    assert build.statuses() == {"/a": "extracted", "/b": "failed"}
    assert any("/b: The page was fetched, but" in message for message in build.messages())


def test_no_text_at_all_fails_the_build_with_a_sentence(user: User) -> None:
    build = Build(user, {"/a": "<div id='root'></div>"})
    with pytest.raises(PermanentError, match="None of the 1 pages") as error:
        build.execute("extract")
    assert error.value.code == "no_knowledge"


def test_a_second_attempt_reads_only_what_is_left(user: User, monkeypatch: Any) -> None:
    build = Build(user, many(45))
    cut_off_after(monkeypatch, pages=30)
    with pytest.raises(LeaseLost):
        build.read_pages()
    assert Page.objects.filter(status=PageStatus.EXTRACTED).count() == 22
    assert Chunk.objects.count() == 22

    monkeypatch.undo()
    assert build.execute("extract")["chunks"] == 45
    assert Chunk.objects.count() == 45
    assert build.progress("extract") == (45, 45)


def test_executing_it_again_changes_nothing(user: User) -> None:
    build = Build(user, many(5))
    first = build.attempt("extract")
    before = list(Chunk.objects.values_list("id", flat=True))
    assert build.execute("extract") == first
    assert list(Chunk.objects.values_list("id", flat=True)) == before


def test_a_cancel_stops_it_between_two_pages(user: User) -> None:
    build, interrupt = Build(user, many(5)), Interrupt()
    build.plan_pages()
    interrupt.set(LeaseCheck.CANCEL)
    with pytest.raises(StepCancelled):
        build.read_batch(interrupt)
    assert Chunk.objects.count() == 0


def cut_off_after(monkeypatch: Any, *, pages: int) -> None:
    """Lose the lease after that many pages."""
    count = 0

    def read_some(page: Page) -> Reading:
        nonlocal count
        count += 1
        if count > pages:
            raise LeaseLost
        return read_page(page)

    monkeypatch.setattr(extract_step, "read_page", read_some)


def test_the_time_limit_is_not_the_fault_of_the_page_that_it_comes_upon(
    user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    build = Build(user, many(1))

    def read_for_too_long(compressed: bytes) -> bytes:
        raise StepTimedOut

    monkeypatch.setattr(zlib, "decompress", read_for_too_long)
    with pytest.raises(StepTimedOut):
        build.attempt("extract")
    assert build.statuses() == {"/0": PageStatus.FETCHED}
