"""The address at which a browser opens a page at what was quoted from it."""

import pytest

from agents.knowledge.passage_link import passage_link, text_directive
from agents.knowledge.visible_text import visible_text

URL = "https://docs.example.com/vacuum"


def test_a_short_text_is_named_whole() -> None:
    assert passage_link(URL, "It reclaims storage.") == f"{URL}#:~:text=It%20reclaims%20storage."


def test_a_long_text_is_named_by_its_beginning_and_its_end() -> None:
    text = "In normal operation, tuples are not removed; they stay until a VACUUM is done."
    beginning, end = (
        "In%20normal%20operation%2C%20tuples%20are",
        "they%20stay%20until%20a%20VACUUM%20is%20done.",
    )
    assert text_directive(text) == f"text={beginning},{end}"


def test_the_characters_of_a_directive_are_written_as_codes() -> None:
    assert text_directive("a-b, c & d") == "text=a%2Db%2C%20c%20%26%20d"


def test_an_address_that_has_a_fragment_keeps_it() -> None:
    assert passage_link(f"{URL}#notes", "Words.") == f"{URL}#notes:~:text=Words."


def test_marks_of_markdown_are_not_searched_for() -> None:
    assert text_directive("**Use** [`VACUUM`](https://x.org/) *now*") == "text=Use%20VACUUM%20now"


@pytest.mark.parametrize(
    ("markdown", "seen"),
    [
        ("`a*b*c` and 2*3*4 of snake_case_names", "a*b*c and 2*3*4 of snake_case_names"),
        ("the *`mode`* and **`a*b`** of *a `b` c*", "the mode and a*b of a b c"),
        ("``a`b`` ~~old~~ ==new== a == b", "a`b old new a == b"),
        ("1\\. January \\| *it*al ![alt](x.png)", "1. January | ital"),
        ("**A mark whose other half is elsewhere.", "A mark whose other half is elsewhere."),
    ],
    ids=["code", "emphasised", "marks", "escapes", "half"],
)
def test_only_what_a_reader_sees_is_left(markdown: str, seen: str) -> None:
    assert visible_text(markdown) == seen


def test_a_passage_goes_from_its_first_line_to_its_last() -> None:
    text = "## Options\n\nThese are the options:\n\n- `--all` is one of them\n- others exist"
    assert text_directive(text) == "text=These%20are%20the%20options%3A,others%20exist"


def test_code_is_named_by_parts_in_which_no_blanks_follow_each_other() -> None:
    text = "```sql\nCREATE   TABLE films (\n    code    char(5)\n);\n```"
    assert text_directive(text) == "text=TABLE%20films%20%28,char%285%29"


def test_a_row_of_a_table_is_named_by_its_cells() -> None:
    text = "| 8 | Some longer cell | last |"
    assert text_directive(text) == "text=Some%20longer%20cell,last"


def test_a_text_without_blanks_parts_at_its_punctuation() -> None:
    clauses = [
        "これは日本語の長い文章です。",
        "言葉は空白で区切られません、",
        "文は句読点で分かれます。",
    ]
    directive = text_directive("".join(clauses * 2))
    assert directive.count(",") == 1


def test_a_page_of_a_pdf_is_opened() -> None:
    link = passage_link("https://example.com/a.pdf", "Words.", ["Report", "Pages 7–8"])
    assert link == "https://example.com/a.pdf#page=7"


def test_an_uploaded_document_has_no_address() -> None:
    assert passage_link("document:report.pdf", "Words.", ["Report", "Page 7"]) is None


def test_where_there_are_no_words_the_page_is_opened() -> None:
    assert passage_link(URL, "---") == URL
