"""Reading DOCX and XLSX."""

from __future__ import annotations

import pytest

from agents.knowledge.chunks import split
from agents.knowledge.files.limits import Limits
from agents.knowledge.files.read import read_file
from agents.knowledge.files.unreadable import Unreadable
from tests.documents.files import docx, encrypted_office, paragraph, xlsx

LINK = '<w:p><w:hyperlink r:id="rId3"><w:r><w:t>Read more</w:t></w:r></w:hyperlink></w:p>'
TABLE = (
    "<w:tbl>"
    "<w:tr><w:tc><w:p><w:r><w:t>Part</w:t></w:r></w:p></w:tc>"
    "<w:tc><w:p><w:r><w:t>Weeks</w:t></w:r></w:p></w:tc></w:tr>"
    "<w:tr><w:tc><w:p><w:r><w:t>Filter</w:t></w:r></w:p></w:tc>"
    "<w:tc><w:p><w:r><w:t>4</w:t></w:r></w:p></w:tc></w:tr>"
    "</w:tbl>"
)
PRICES: list[list[str | float]] = [
    ["Item", "Price", "Stock"],
    ["Oil | light", 12.5, 3.0],
    ["Filter", 7.0, 1200.0],
]


def test_a_docx_keeps_headings_lists_tables_and_links() -> None:
    body = (
        paragraph("Maintenance", "H1")
        + paragraph("Every month:")
        + paragraph("Oil", item=True)
        + paragraph("Filters", item=True)
        + paragraph("Intervals", "H2")
        + TABLE
        + LINK
    )
    document = read_file(docx(body), "", "document:plan.docx")
    assert document.title == "Maintenance"
    assert document.markdown == (
        "# Maintenance\n\nEvery month:\n\n- Oil\n- Filters\n\n## Intervals\n\n"
        "| Part | Weeks |\n| --- | --- |\n| Filter | 4 |\n\n"
        "[Read more](https://example.com/more)"
    )


def test_the_title_of_a_docx_is_the_authors_else_the_titled_paragraph() -> None:
    body = paragraph("Plan of the year", "T") + paragraph("Text.")
    assert read_file(docx(body, title="Plan 2031"), "", "document:p.docx").title == "Plan 2031"
    assert read_file(docx(body), "", "document:p.docx").title == "Plan of the year"


def test_each_sheet_is_a_section_with_a_table() -> None:
    body = xlsx({"Prices": PRICES, "Empty": [], "Staff": [["Name", "Hall"], ["Ada", 7.0]]})
    document = read_file(body, "", "document:store.xlsx")
    assert document.title == "store.xlsx"
    assert document.markdown == (
        "## Prices\n\n| Item | Price | Stock |\n| --- | --- | --- |\n"
        "| Oil \\| light | 12.5 | 3 |\n| Filter | 7 | 1200 |\n\n"
        "## Staff\n\n| Name | Hall |\n| --- | --- |\n| Ada | 7 |"
    )


def test_what_stands_above_a_table_is_text() -> None:
    body = xlsx({"Prices": [["Prices of May"], [], *PRICES]})
    markdown = read_file(body, "", "document:store.xlsx").markdown
    assert markdown.startswith("## Prices\n\nPrices of May\n\n| Item | Price | Stock |\n| --- |")


def test_each_passage_of_a_large_sheet_says_what_its_columns_are() -> None:
    rows: list[list[str | float]] = [[f"Part number {n}", n * 2.0, n * 3.0] for n in range(500)]
    body = xlsx({"Prices": [PRICES[0], *rows]})
    document = read_file(body, "", "document:store.xlsx")
    passages = split(document.markdown, title=document.title, max_tokens=200, overlap=0)
    assert len(passages) > 20
    assert all(passage.text.startswith("| Item | Price | Stock |") for passage in passages)
    assert all(passage.heading_path == ("store.xlsx", "Prices") for passage in passages)
    assert "| Part number 499 | 998 | 1497 |" in passages[-1].text


def test_rows_beyond_the_limit_of_text_are_not_read_and_a_note_says_so() -> None:
    rows: list[list[str | float]] = [[f"Part {n}", float(n)] for n in range(1000)]
    document = read_file(
        xlsx({"A": rows, "B": rows}), "", "document:s.xlsx", Limits(characters=500)
    )
    assert len(document.markdown) <= 520
    assert document.note.startswith("Only its first 500 characters were read.")


@pytest.mark.parametrize("name", ["plan.docx", "plan.xlsx"])
def test_a_document_with_a_password_says_so(name: str) -> None:
    with pytest.raises(Unreadable) as caught:
        read_file(encrypted_office(), "", f"document:{name}")
    assert caught.value.code == "encrypted"


@pytest.mark.parametrize(
    ("whole", "name"),
    [(docx(paragraph("Text.")), "a.docx"), (xlsx({"A": PRICES}), "a.xlsx")],
    ids=["docx", "xlsx"],
)
def test_a_document_that_is_cut_off_is_broken(whole: bytes, name: str) -> None:
    with pytest.raises(Unreadable) as caught:
        read_file(whole[: len(whole) // 2], "", f"document:{name}")
    assert caught.value.code == "broken"


@pytest.mark.parametrize(
    "body",
    [
        docx(paragraph("Text."), more={"word/document.xml": "<w:document"}),
        xlsx({"A": PRICES}, more={"xl/workbook.xml": "<workbook"}),
    ],
    ids=["docx", "xlsx"],
)
def test_a_document_of_damaged_xml_is_broken(body: bytes) -> None:
    with pytest.raises(Unreadable) as caught:
        read_file(body, "", "document:a")
    assert caught.value.code == "broken"
