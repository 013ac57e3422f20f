"""Pages made to cost a parser dearly are read in time."""

from __future__ import annotations

import pytest

from agents.knowledge.files.read import read_file
from agents.knowledge.nesting import limit_nesting

LINES = "".join(f"<tr><td>{n}</td></tr>" for n in range(4_000))


@pytest.mark.parametrize("tag", ["div", "span", "b", "a", "blockquote", "ul><li"])
def test_text_below_a_hundred_thousand_open_elements_is_found(tag: str) -> None:
    page = f"<{tag}>" * 100_000 + "the text at the bottom"
    assert (
        "the text at the bottom"
        in read_file(page.encode(), "text/html", "http://a.example/").markdown
    )


def test_what_stands_too_deep_loses_its_tags_and_keeps_its_text() -> None:
    page = "<div>" * 5_000 + "bottom" + "</div>" * 5_000 + "<p>after</p>"
    limited = limit_nesting(page)
    assert limited.count("<div>") == limited.count("</div>") == 400
    assert limited.endswith("</div><p>after</p>") and ">bottom<" in limited


def test_a_long_table_is_not_taken_for_a_deep_page() -> None:
    assert limit_nesting(LINES) == LINES


def test_a_page_of_ordinary_size_stays_as_it_is() -> None:
    page = "<div>" * 500 + "<select><option>a</select>"
    assert limit_nesting(page) == page


def test_lists_in_lists_end_where_their_indentation_would_fill_the_page() -> None:
    limited = limit_nesting("<ul><li>" * 5_000 + "bottom")
    assert (limited.count("<ul>"), limited.count("<li>")) == (20, 5_000)


def test_the_choices_of_a_long_list_are_not_parsed() -> None:
    assert limit_nesting("<select>" + "<option>a" * 5_000) == "<select>" + "a" * 5_000


def test_a_list_of_a_hundred_thousand_choices_is_read() -> None:
    page = "<p>Choose one.</p><select>" + "<option>a" * 100_000 + "</select>"
    assert read_file(page.encode(), "text/html", "http://a.example/").markdown == "Choose one."


@pytest.mark.parametrize(
    "markup", ["<time datetime=", "<html lang", "<script>", "<", "<!--", "&#x"]
)
def test_markup_that_never_ends_is_given_up(markup: str) -> None:
    assert read_file((markup * 50_000).encode(), "text/html", "http://a.example/").published is None
