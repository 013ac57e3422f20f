"""PDF: the text of its pages, read by PDFium."""

from __future__ import annotations

import re

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c

from agents.knowledge.document import Document
from agents.knowledge.files.limits import Limits
from agents.knowledge.files.pdf_edges import without_edges
from agents.knowledge.files.pdf_lines import Line, read_lines
from agents.knowledge.files.pdf_structure import to_markdown
from agents.knowledge.files.unreadable import NO_TEXT_LAYER, Unreadable, broken, encrypted

_WHAT = "PDF"
_NO_TITLE = re.compile(
    r"untitled.*|microsoft \w+ -.*|.*\.(?:docx?|pdf|tex|indd|xlsx?|pptx?|dvi)|\W*|.{1,2}", re.I
)
"""What programs write where authors gave no title."""


def read_pdf(body: bytes, limits: Limits) -> Document:
    """The text of a PDF, with headings where larger letters tell them.

    Raises:
        Unreadable: it is encrypted, damaged, or holds pictures of text only.
    """
    document = _open(body)
    try:
        pages = _read_pages(document, limits)
        total = len(document)
        title = document.get_metadata_value("Title").strip()
    finally:
        document.close()
    markdown = to_markdown(without_edges(pages))
    if not markdown:
        raise Unreadable(
            NO_TEXT_LAYER,
            "The PDF holds pictures of pages, but no text. Run text recognition (OCR) over it.",
        )
    return Document(
        title="" if _NO_TITLE.fullmatch(title) else " ".join(title.split()),
        description="",
        language="",
        markdown=markdown,
        note=_note(len(pages), total),
    )


def _open(body: bytes) -> pdfium.PdfDocument:
    try:
        return pdfium.PdfDocument(body)
    except pdfium.PdfiumError as error:
        if error.err_code in (pdfium_c.FPDF_ERR_PASSWORD, pdfium_c.FPDF_ERR_SECURITY):
            raise encrypted(_WHAT) from error
        raise broken(_WHAT) from error


def _read_pages(document: pdfium.PdfDocument, limits: Limits) -> list[list[Line]]:
    """The lines of the pages that are read. A single page that is damaged counts as empty."""
    pages: list[list[Line]] = []
    left = limits.characters
    damaged = 0
    for index in range(min(len(document), limits.pages)):
        try:
            lines = read_lines(document[index], index + 1)
        except pdfium.PdfiumError:
            lines, damaged = [], damaged + 1
        left -= sum(len(line.text) for line in lines)
        if left < 0:
            break
        pages.append(lines)
    if damaged == len(pages):
        raise broken(_WHAT)
    return pages


def _note(read: int, total: int) -> str:
    if read == total:
        return ""
    return f"Only {read:,} of its {total:,} pages were read. Divide it to have all of them read."
