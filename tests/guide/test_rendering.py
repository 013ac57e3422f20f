"""From Markdown to the page's HTML."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from agentforge import guide_pages
from agentforge.guide_pages import Page, load

MARKDOWN = """\
# The title with `code`

The first paragraph says
what it *is*.

## A section

| a | b |
|---|---|
| 1 | 2 |

```python
def answer() -> int: ...
```

```no-such-language
<left as it is>
```

[elsewhere](quick-start.md#ask-it), [home](index.md), [outside](https://example.com/a.md)

![A picture](images/life-cycle.svg)
"""


@pytest.fixture
def docs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory of documents in which `api.md` is the page above."""
    monkeypatch.setattr(guide_pages, "DOCS", tmp_path)
    (tmp_path / "api.md").write_text(MARKDOWN)
    return tmp_path


@pytest.fixture
def page(docs: Path) -> Page:
    return load("api")


@pytest.fixture
def html(page: Page) -> BeautifulSoup:
    return BeautifulSoup(page.html, "lxml")


def test_title_and_description_are_plain_text(page: Page) -> None:
    assert page.title == "The title with code"
    assert page.description == "The first paragraph says what it is."


def test_a_long_description_is_cut_to_160_characters(docs: Path) -> None:
    (docs / "api.md").write_text("# Long\n\n" + "word " * 100)
    assert len(load("api").description) == 160


def test_a_section_can_be_linked_to_and_its_heading_stays_clean(
    page: Page, html: BeautifulSoup
) -> None:
    assert [(s.anchor, s.title) for s in page.sections] == [("a-section", "A section")]
    (heading,) = html.select("h2#a-section")
    assert heading.get_text() == "A section"
    assert heading.select("a.header-anchor[href='#a-section'][aria-label]")


def test_code_is_highlighted_by_classes_only(page: Page, html: BeautifulSoup) -> None:
    assert html.select("code.language-python span.k")
    assert "style=" not in page.html


def test_code_of_an_unknown_language_is_left_as_it_is(html: BeautifulSoup) -> None:
    (code,) = html.select("code.language-no-such-language")
    assert code.get_text() == "<left as it is>\n"


def test_links_between_documents_become_links_between_pages(html: BeautifulSoup) -> None:
    links = [link["href"] for link in html.select("p a")]
    assert links == ["/guide/quick-start/#ask-it", "/guide/", "https://example.com/a.md"]


def test_pictures_come_from_the_static_files(html: BeautifulSoup) -> None:
    assert [image["src"] for image in html.select("img")] == ["/static/guide/life-cycle.svg"]


def test_a_wide_table_can_be_scrolled_by_itself(html: BeautifulSoup) -> None:
    assert html.select(".guide-table > table")


def test_a_changed_document_is_rendered_again_and_an_unchanged_one_is_not(docs: Path) -> None:
    first = load("api")
    assert load("api") is first
    file = docs / "api.md"
    file.write_text("# Changed\n\nAnother text.")
    os.utime(file, ns=(0, 1))
    assert load("api").title == "Changed"
