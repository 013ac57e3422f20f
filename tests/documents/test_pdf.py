"""Reading PDFs: headings, paragraphs, whole words, page numbers, and what is left out."""

from __future__ import annotations

import pytest

from agents.knowledge.chunks import split
from agents.knowledge.files.limits import Limits
from agents.knowledge.files.read import read_file
from agents.knowledge.files.unreadable import Unreadable
from tests.documents.files import PdfLine, column, pdf

URL = "document:manual.pdf"


def report(pages: int) -> list[list[PdfLine]]:
    """Pages with a running head, a page number, a heading and a text each."""
    return [
        [
            (72, 800, 9, f"Annual report, part {n}"),
            (72, 740, 18, f"Chapter {n}"),
            *column(f"The turbine of hall {n} is oiled every", f"{n + 3} weeks by its keeper."),
            (290, 30, 9, str(n)),
        ]
        for n in range(1, pages + 1)
    ]


def read(body: bytes, **limits: int) -> str:
    return read_file(body, "application/pdf", URL, Limits(**limits)).markdown


def test_headings_are_told_by_their_size_and_lines_become_paragraphs() -> None:
    assert read(pdf(report(1)[0][1:])) == (
        "<!-- page 1 -->\n\n# Chapter 1\n\n"
        "The turbine of hall 1 is oiled every 4 weeks by its keeper."
    )


def test_running_heads_and_page_numbers_are_left_out() -> None:
    markdown = read(pdf(*report(4)))
    assert "Annual report" not in markdown
    assert markdown.count("weeks by its keeper.") == 4
    assert markdown.endswith("The turbine of hall 4 is oiled every 7 weeks by its keeper.")


def test_a_passage_knows_its_page() -> None:
    document = read_file(pdf(*report(3), title="Turbines"), "", URL)
    passages = split(document.markdown, title=document.title, max_tokens=20, overlap=0)
    assert [passage.heading_path for passage in passages] == [
        ("Turbines", "Chapter 1", "Page 1"),
        ("Turbines", "Chapter 2", "Page 2"),
        ("Turbines", "Chapter 3", "Page 3"),
    ]
    assert "page" not in passages[0].text


def test_a_part_of_a_long_paragraph_knows_its_page_too() -> None:
    lines = column(*(f"Sentence {n} of the long paragraph ends here." for n in range(30)))
    markdown = read(pdf(column("A first page."), lines))
    passages = split(markdown, title="Long", max_tokens=60, overlap=15)
    assert len(passages) > 3
    assert passages[0].heading_path[-1] == "Pages 1–2"
    assert {passage.heading_path[-1] for passage in passages[1:]} == {"Page 2"}


def test_divided_words_are_made_whole_and_hyphens_stay_where_they_belong() -> None:
    lines = column(
        "Each well-known maintenance plan says that the main-",
        "tenance is done by a well-",
        "known keeper, and that Rolls-",
        "Royce delivers the parts.",
    )
    assert read(pdf(lines)).endswith(
        "Each well-known maintenance plan says that the maintenance is done by a well-known "
        "keeper, and that Rolls-Royce delivers the parts."
    )


def test_a_paragraph_goes_on_over_the_end_of_a_page() -> None:
    first = [*column("It begins on the first page and", "goes on with"), (290, 30, 9, "1")]
    second = [*column("the second page."), (290, 30, 9, "2")]
    assert read(pdf(first, second)) == (
        "<!-- page 1 -->\n\nIt begins on the first page and goes on with the second page."
    )


def test_a_gap_parts_paragraphs_and_bullets_part_items() -> None:
    lines = [
        *column("First paragraph.", top=700),
        *column("Second paragraph.", top=660),
        *column("\u2022 Oil", "\u2022 Filters", top=620),
    ]
    assert read(pdf(lines)).split("\n\n")[1:] == [
        "First paragraph.",
        "Second paragraph.",
        "- Oil",
        "- Filters",
    ]


def test_a_table_of_contents_makes_no_headings() -> None:
    contents = [(72, 700, 18, "Oiling . . . . . . . . . . . 7"), *column("Text.", top=600)]
    assert "# " not in read(pdf(contents, column("More text that is long enough.")))


@pytest.mark.parametrize(
    ("given", "title"),
    [
        ("Turbine manual", "Turbine manual"),
        ("Microsoft Word - x.doc", "Chapter 1"),
        ("", "Chapter 1"),
    ],
)
def test_the_title_is_the_authors_and_no_programs(given: str, title: str) -> None:
    assert read_file(pdf(report(1)[0][1:], title=given), "", URL).title == title


def test_a_pdf_of_pictures_says_that_it_needs_text_recognition() -> None:
    with pytest.raises(Unreadable, match="OCR") as caught:
        read(pdf([], []))
    assert caught.value.code == "no_text_layer"


def test_pages_beyond_the_limit_are_not_read_and_a_note_says_so() -> None:
    document = read_file(pdf(*report(5)), "", URL, Limits(pages=2))
    assert "hall 2" in document.markdown
    assert "hall 3" not in document.markdown
    assert document.note.startswith("Only 2 of its 5 pages were read.")


def test_text_beyond_the_limit_is_not_read_and_a_note_says_so() -> None:
    document = read_file(pdf(*report(5)), "", URL, Limits(characters=150))
    assert "hall 1" in document.markdown
    assert "hall 5" not in document.markdown
    assert "of its 5 pages were read" in document.note


def test_an_encrypted_pdf_is_told_from_a_broken_one() -> None:
    with pytest.raises(Unreadable) as encrypted:
        read(pdf(report(1)[0], encrypted=True))
    with pytest.raises(Unreadable) as broken:
        read(pdf(report(1)[0])[:200])
    assert (encrypted.value.code, broken.value.code) == ("encrypted", "broken")
    assert "password" in encrypted.value.reason
