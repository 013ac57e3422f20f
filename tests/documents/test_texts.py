"""Reading Markdown, plain text and CSV."""

from __future__ import annotations

import pytest

from agents.knowledge.document import Document
from agents.knowledge.files.limits import DEFAULT_LIMITS, Limits
from agents.knowledge.files.read import read_file


def read(text: str | bytes, name: str, limits: Limits = DEFAULT_LIMITS) -> Document:
    body = text.encode() if isinstance(text, str) else text
    return read_file(body, "", f"document:{name}", limits)


def test_the_front_matter_of_markdown_gives_title_description_and_language() -> None:
    document = read(
        "---\ntitle: Turbine care\ndescription: How to oil.\nlang: en-GB\n---\n\nText.\n", "a.md"
    )
    assert (document.title, document.description, document.language, document.markdown) == (
        "Turbine care", "How to oil.", "en", "Text."
    )  # fmt: skip


@pytest.mark.parametrize("front", ["---\n- a\n---\n", "---\n: : [\n---\n", "---\ntext\n---\n"])
def test_what_is_no_front_matter_stays(front: str) -> None:
    assert "Text." in read(f"{front}\nText.\n", "a.md").markdown


def test_underlined_headings_are_headings_except_in_code() -> None:
    text = "Title\n=====\n\nText.\n\nPart\n----\n\n```\ncode\n----\n```\n\n| a |\n---\n"
    assert read(text, "a.md").markdown == (
        "# Title\n\nText.\n\n## Part\n\n```\ncode\n----\n```\n\n| a |\n---"
    )


def test_nothing_in_plain_text_is_taken_for_markdown() -> None:
    document = read("# a comment\nx | y\n\n```\n| z\n", "notes.txt")
    assert document.title == "notes.txt"
    assert document.markdown == "\\# a comment\nx | y\n\n\\```\n\\| z"


@pytest.mark.parametrize("charset", ["utf-8", "utf-8-sig", "utf-16", "iso-8859-1"])
def test_the_charset_of_a_text_is_recognized(charset: str) -> None:
    text = "Die Größe der Öltanks über den Dächern wird täglich geprüft."
    assert read(text.encode(charset), "notes.txt").markdown == text


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_a_csv_becomes_a_table(separator: str) -> None:
    rows = [["Item", "Price"], ["Oil", '"12,5"'], ['"two\nlines"', "3"]]
    text = "\n".join(separator.join(row) for row in rows)
    document = read(text, "prices.csv")
    assert document.title == "prices.csv"
    assert document.markdown == (
        "| Item | Price |\n| --- | --- |\n| Oil | 12,5 |\n| two lines | 3 |"
    )


def test_rows_of_a_csv_beyond_the_limit_are_not_read_and_a_note_says_so() -> None:
    text = "a,b\n" + "1,2\n" * 100_000
    document = read(text, "a.csv", Limits(characters=1000))
    assert len(document.markdown) < 1100
    assert document.note.startswith("Only its first 1,000 characters were read.")
