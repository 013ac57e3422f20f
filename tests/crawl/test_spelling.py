"""Spellings of one page, and pages that only look alike."""

import pytest

from agents.crawl.spelling import page_key

PAGE = "https://example.com/docs"


@pytest.mark.parametrize(
    "spelling",
    [
        "https://example.com/docs/",
        "http://example.com/docs",
        "https://example.com/docs/index.html",
        "https://example.com/docs/index.php",
        "https://example.com/docs/Default.aspx",
        "https://example.com/docs.md",
        "https://example.com/docs/index.md",
        "https://example.com/docs/;jsessionid=0A1B",
        "https://example.com/docs?PHPSESSID=0a1b",
    ],
)
def test_spellings_of_one_page_share_a_key(spelling: str) -> None:
    assert page_key(spelling) == page_key(PAGE)


def test_the_order_of_parameters_makes_no_difference() -> None:
    assert page_key(f"{PAGE}?a=1&b=2") == page_key(f"{PAGE}/?b=2&sid=77&a=1")


@pytest.mark.parametrize(
    "other",
    [
        "https://example.com/Docs",
        "https://example.com/docs/a",
        "https://example.com/docs/index",
        "https://example.com/docs/my-index.html",
        "https://example.com/docs?page=2",
        "https://example.com:8443/docs",
        "https://www.example.com/docs",
        "https://example.com/docs.html",
        "https://example.com/docs;v=2",
    ],
)
def test_other_pages_have_other_keys(other: str) -> None:
    assert page_key(other) != page_key(PAGE)
