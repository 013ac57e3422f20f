"""What kind of file a body is, judged by its bytes. Its name and its declared type only decide
between kinds of text, which look alike."""

from __future__ import annotations

import re
from enum import StrEnum

from agents.knowledge.charset import decode
from agents.knowledge.files.archive import OLE_MAGIC, ZIP_MAGIC, files_in
from agents.knowledge.files.separated import looks_separated
from agents.knowledge.files.unreadable import UNSUPPORTED, Unreadable


class FileKind(StrEnum):
    """The kinds of files that are read."""

    PDF = "pdf"
    DOCX = "docx"
    XLSX = "xlsx"
    CSV = "csv"
    HTML = "html"
    MARKDOWN = "markdown"
    TEXT = "text"


PDF_MAGIC = b"%PDF-"

_PDF_SEARCHED = 1024
"""Bytes. PDF 1.7, Appendix H: readers accept a header anywhere within them."""
_PARTS = {"word/document.xml": FileKind.DOCX, "xl/workbook.xml": FileKind.XLSX}
_ENCRYPTED_PART = "EncryptedPackage".encode("utf-16-le")
EXTENSIONS = {
    "docx": FileKind.DOCX,
    "xlsx": FileKind.XLSX,
    "csv": FileKind.CSV,
    "tsv": FileKind.CSV,
    "md": FileKind.MARKDOWN,
    "markdown": FileKind.MARKDOWN,
    "htm": FileKind.HTML,
    "html": FileKind.HTML,
    "xhtml": FileKind.HTML,
    "txt": FileKind.TEXT,
}
_MEDIA_TYPES = {
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": FileKind.DOCX,
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": FileKind.XLSX,
    "text/csv": FileKind.CSV,
    "application/csv": FileKind.CSV,
    "text/tab-separated-values": FileKind.CSV,
    "text/markdown": FileKind.MARKDOWN,
    "text/x-markdown": FileKind.MARKDOWN,
    "text/html": FileKind.HTML,
    "application/xhtml+xml": FileKind.HTML,
    "text/plain": FileKind.TEXT,
}
_SAMPLE = 4096
_HTML_START = re.compile(
    r"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html)\b", re.I
)
_HTML_TAG = re.compile(r"<(?:head|body|title|div|p|table|h[1-6])\b[^<>]*>", re.I)
_MARKDOWN_SIGN = re.compile(r"^(?:#{1,6} \S|```|~~~|[-*] \S|\[[^\]]+\]\()|\]\(\S+\)", re.MULTILINE)
_FEWEST_SIGNS = 3


def kind_of(body: bytes, name: str = "", content_type: str = "") -> FileKind:
    """The kind of a file.

    Args:
        body: the whole file.
        name: its name or URL path; the extension is a hint.
        content_type: its declared media type, another hint.

    Raises:
        Unreadable: it is a kind that is not read.
    """
    hint = _hint(name, content_type)
    if PDF_MAGIC in body[:_PDF_SEARCHED]:
        return FileKind.PDF
    if body.startswith(ZIP_MAGIC):
        return _kind_of_archive(body, hint)
    if body.startswith(OLE_MAGIC):
        return _kind_of_compound(body, hint)
    start = decode(body[:_SAMPLE], content_type)
    # One that strayed into a text makes it no binary file.
    if start.count("\x00") > 1 + len(start) // 500:
        raise _unsupported("It is a binary file of a kind that is not read.")
    return _kind_of_text(start, hint)


def _hint(name: str, content_type: str) -> FileKind | None:
    """What was declared, else what the name says. Programs declare text that they do not know
    as plain."""
    extension = name.rpartition(".")[2].lower()
    declared = _MEDIA_TYPES.get(content_type.partition(";")[0].strip().lower())
    if declared in (None, FileKind.TEXT):
        return EXTENSIONS.get(extension, declared)
    return declared


def _kind_of_archive(body: bytes, hint: FileKind | None) -> FileKind:
    try:
        names = {file.filename for file in files_in(body, "file")}
    except Unreadable:
        if hint is not None and hint in _PARTS.values():
            return hint  # The reader says what is wrong with it.
        raise
    for part, kind in _PARTS.items():
        if part in names:
            return kind
    raise _unsupported("It is a ZIP archive that holds neither a DOCX nor an XLSX document.")


def _kind_of_compound(body: bytes, hint: FileKind | None) -> FileKind:
    """Office's old container holds either an old document, or a new one that is encrypted."""
    if _ENCRYPTED_PART in body:
        return FileKind.XLSX if hint is FileKind.XLSX else FileKind.DOCX
    raise _unsupported("It is in an old format of Office. Save it as DOCX or XLSX.")


def _kind_of_text(start: str, hint: FileKind | None) -> FileKind:
    if _HTML_START.match(start):
        return FileKind.HTML
    if hint in (FileKind.MARKDOWN, FileKind.HTML):
        return hint
    if looks_separated(start, is_announced=hint is FileKind.CSV):
        return FileKind.CSV
    if len(_HTML_TAG.findall(start)) >= _FEWEST_SIGNS and start.lstrip().startswith("<"):
        return FileKind.HTML
    signs = len(_MARKDOWN_SIGN.findall(start))
    return FileKind.MARKDOWN if signs >= _FEWEST_SIGNS else FileKind.TEXT


def _unsupported(what: str) -> Unreadable:
    return Unreadable(
        UNSUPPORTED, f"{what} PDF, DOCX, XLSX, CSV, HTML, Markdown and plain text are read."
    )
