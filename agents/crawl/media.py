"""Which answers are pages, judged by their Content-Type and by their first bytes."""

from __future__ import annotations

import codecs

HTML_TYPES = frozenset({"text/html", "application/xhtml+xml"})
TEXT_TYPES = frozenset(
    {
        "text/plain",
        "text/markdown",
        "text/x-markdown",
        "text/csv",
        "application/csv",
        "text/tab-separated-values",
    }
)
DOCUMENT_TYPES = frozenset(
    {
        "application/pdf",
        "application/x-pdf",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        # How servers call any file that they do not know.
        "application/octet-stream",
    }
)
PAGE_TYPES = HTML_TYPES | TEXT_TYPES | DOCUMENT_TYPES
"""The media types that are read."""

_SAMPLE = 1024
_WIDE_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_BE)
_DOCUMENT_MAGIC = (b"%PDF-", b"PK\x03\x04")
"""Of PDF, and of the archives that DOCX and XLSX are."""
_BINARY_MAGIC = (
    b"\x89PNG",
    b"GIF8",
    b"\xff\xd8\xff",
    b"\x1f\x8b",
    b"\x7fELF",
    b"\xd0\xcf\x11\xe0",
)


def is_document(start: bytes) -> bool:
    """Whether a body is a PDF, or an archive such as DOCX and XLSX, however it was announced."""
    return start.startswith(_DOCUMENT_MAGIC)


def binary_problem(start: bytes, content_type: str) -> str:
    """Why a body cannot be read, in a sentence; empty where it can.

    Args:
        start: the first bytes of the body.
        content_type: how it was announced.
    """
    if is_document(start):
        return ""
    if content_type.partition(";")[0].strip().lower() in DOCUMENT_TYPES:
        return "It is announced as a document, but it is none that can be read."
    if looks_binary(start, charset_of(content_type)):
        return "It is announced as text, but it is binary."
    return ""


def looks_binary(start: bytes, charset: str = "") -> bool:
    """Whether a body that was announced as text is something else.

    Args:
        start: the first bytes of the body.
        charset: what the server named; UTF-16 and UTF-32 hold NUL bytes rightly.
    """
    if start.startswith(_BINARY_MAGIC):
        return True
    wide = charset.lower().startswith(("utf-16", "utf-32", "ucs-2")) or start.startswith(
        _WIDE_MARKS
    )
    return not wide and b"\x00" in start[:_SAMPLE]


def charset_of(content_type: str) -> str:
    """The charset parameter of a Content-Type header, empty without one."""
    for parameter in content_type.split(";")[1:]:
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "charset":
            return value.strip().strip("\"'")
    return ""
