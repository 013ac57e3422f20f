"""Reads a file of any kind: the one entrance."""

from __future__ import annotations

from agents.knowledge.charset import decode
from agents.knowledge.document import Document
from agents.knowledge.extract import completed, read_html
from agents.knowledge.files.apart import read_apart
from agents.knowledge.files.kinds import FileKind, kind_of
from agents.knowledge.files.limits import DEFAULT_LIMITS, Limits
from agents.knowledge.files.separated import read_separated
from agents.knowledge.files.texts import read_markdown, read_plain

READ_APART = frozenset({FileKind.PDF, FileKind.DOCX, FileKind.XLSX})
"""Kinds whose parsers a hostile file may crash, hang or bloat."""


def read_file(
    body: bytes, content_type: str, url: str, limits: Limits = DEFAULT_LIMITS
) -> Document:
    """The text of a page or file as Markdown, with its title, description and language.

    Args:
        body: the whole of it, in any character encoding.
        content_type: the declared media type, with its charset if it had one; may be wrong.
        url: where it was found; relative links are resolved against it, and its last part is the
            file's name.

    Raises:
        Unreadable: the file's own fault, in a sentence.
    """
    kind = kind_of(body, url.partition("?")[0], content_type)
    if kind in READ_APART:
        return completed(read_apart(kind, body, limits), url)
    text = decode(body, content_type).replace("\x00", "").removeprefix("\ufeff")
    match kind:
        case FileKind.HTML:
            return read_html(text, url)
        case FileKind.CSV:
            return completed(read_separated(text, limits), url)
        case FileKind.MARKDOWN:
            return completed(read_markdown(text), url)
        case _:
            return completed(read_plain(text), url)
