"""Which day a page is said to be published."""

from __future__ import annotations

from datetime import date

import pytest

from agents.knowledge.document import Document
from agents.knowledge.files.read import read_file
from agents.knowledge.published import published_date

DAY = date(2024, 3, 5)


def read(head: str, body: str = "") -> Document:
    page = f"<html><head>{head}</head><body>{body}<p>Text.</p></body></html>"
    return read_file(page.encode(), "text/html", "https://a.example/")


@pytest.mark.parametrize(
    "head",
    [
        "<meta property='article:published_time' content='2024-03-05T10:00:00+02:00'>",
        "<meta itemprop='datePublished' content='2024-03-05'>",
        "<meta name='citation_publication_date' content='2024/03/05'>",
        "<meta name='date' content='Tue, 05 Mar 2024 10:00:00 GMT'>",
        '<script type="application/ld+json">{"datePublished": "2024-03-05T08:00:00Z"}</script>',
    ],
)
def test_the_head_says_it(head: str) -> None:
    assert read(head).published == DAY


def test_the_meta_element_is_trusted_before_the_body() -> None:
    head = "<meta property='article:published_time' content='2024-03-05'>"
    assert read(head, "<time pubdate datetime='2020-01-01'>").published == DAY


def test_a_time_that_is_marked_as_the_publication_is_taken() -> None:
    times = "<time datetime='2020-01-01'></time><time class='entry-date' datetime='2024-03-05'>"
    assert published_date(times) == DAY


def test_the_only_time_of_a_page_is_taken_and_one_of_many_is_not() -> None:
    assert published_date("<time datetime='2024-03-05T09:00'>") == DAY
    assert published_date("<time datetime='2024-03-05'><time datetime='2023-03-05'>") is None


@pytest.mark.parametrize("text", ["soon", "2024-13-40", "0001-01-01", "2999-01-01", ""])
def test_a_day_that_cannot_be_is_passed_over(text: str) -> None:
    assert published_date("", [text]) is None
    assert published_date("", [text, "2024-03-05"]) == DAY
