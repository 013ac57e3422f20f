"""DOCX: its styles become headings, lists and tables by way of HTML."""

from __future__ import annotations

from io import BytesIO
from zipfile import ZipFile

import mammoth
from lxml import etree  # type: ignore[import-untyped]  # its stubs differ from it
from selectolax.lexbor import LexborHTMLParser

from agents.knowledge.document import Document
from agents.knowledge.files.archive import check_archive
from agents.knowledge.files.limits import Limits
from agents.knowledge.files.unreadable import broken
from agents.knowledge.render import to_markdown

_STYLES = """
p[style-name='Title'] => h1:fresh
p[style-name='Subtitle'] => p:fresh
"""
_CORE = "docProps/core.xml"
_DC = "{http://purl.org/dc/elements/1.1/}"


def read_word(body: bytes, limits: Limits) -> Document:
    """The text of a DOCX. Pictures are left out.

    Raises:
        Unreadable: it is encrypted, damaged, or too large when it is unpacked.
    """
    check_archive(body, "DOCX document", limits.unpacked_bytes)
    try:
        title, description = _properties(body)
        html = mammoth.convert_to_html(
            BytesIO(body), style_map=_STYLES, convert_image=lambda _: []
        ).value
    except MemoryError:
        raise
    except Exception as error:
        # Whatever mammoth stumbles over is the document's fault: it knows no error of its own.
        raise broken("DOCX document") from error
    tree = LexborHTMLParser(f"<body>{html}</body>")
    markdown = to_markdown(tree.body, "") if tree.body is not None else ""
    return Document(title, description, "", markdown[: limits.characters])


def _properties(body: bytes) -> tuple[str, str]:
    """The title and the description that the author gave."""
    with ZipFile(BytesIO(body)) as archive:
        if _CORE not in archive.namelist():
            return "", ""
        parser = etree.XMLParser(resolve_entities=False, no_network=True)
        root = etree.fromstring(archive.read(_CORE), parser)
    title, description = (root.findtext(f"{_DC}{name}") or "" for name in ("title", "description"))
    return title.strip(), description.strip()
