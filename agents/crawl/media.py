"""Which answers are pages, judged by their Content-Type and by their first bytes."""

from __future__ import annotations

import codecs

HTML_TYPES = frozenset({"text/html", "application/xhtml+xml"})
PAGE_TYPES = HTML_TYPES | {"text/plain", "text/markdown", "text/x-markdown"}
"""The media types that are read."""

_SAMPLE = 1024
_WIDE_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_BE)
_BINARY_MAGIC = (
    b"%PDF-",
    b"PK\x03\x04",
    b"\x89PNG",
    b"GIF8",
    b"\xff\xd8\xff",
    b"\x1f\x8b",
    b"\x7fELF",
    b"\xd0\xcf\x11\xe0",
)


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
