"""Reads a fetched body: HTML, Markdown or plain text becomes a `Document`."""

from __future__ import annotations

from urllib.parse import unquote, urljoin, urlsplit

from resiliparse.parse.lang import detect_fast

from agents.knowledge.blocks import Kind, blocks, heading_text
from agents.knowledge.charset import decode
from agents.knowledge.document import Document
from agents.knowledge.head import read_head
from agents.knowledge.main_content import main_content
from agents.knowledge.nesting import limit_nesting
from agents.knowledge.published import published_date
from agents.knowledge.render import to_markdown

_TEXT_TYPES = frozenset({"text/plain", "text/markdown", "text/x-markdown"})
_LONGEST_TITLE = 300
_SURE_OF_LANGUAGE = 700
"""resiliparse's distance to the language's profile: a larger one is a guess."""
_ENOUGH_FOR_LANGUAGE = 150
"""Characters. Of less text the language cannot be told."""


def extract(body: bytes, content_type: str, url: str) -> Document:
    """The main content of a body as Markdown, with its title, description, language and date.

    Args:
        body: the bytes as fetched, in any character encoding.
        content_type: the `Content-Type` header, with its charset if it had one.
        url: where it was found; relative links are resolved against it.
    """
    text = decode(body, content_type).replace("\x00", "")
    if content_type.partition(";")[0].strip().lower() in _TEXT_TYPES:
        return _read_text(text, url)
    return _read_html(text, url)


def main_markdown(html: str, url: str) -> str:
    """Only the main content of an HTML page, as Markdown."""
    return _read_html(html, url).markdown


def _read_html(html: str, url: str) -> Document:
    html = limit_nesting(html)
    head = read_head(html)
    content = main_content(html)
    markdown = to_markdown(content, urljoin(url, head.base)) if content else ""
    return Document(
        title=_title(head.title, markdown, url),
        description=head.description,
        language=head.language or _language(markdown),
        markdown=markdown,
        published=published_date(html, head.published),
    )


def _read_text(text: str, url: str) -> Document:
    markdown = text.strip()
    return Document(
        title=_title("", markdown, url),
        description="",
        language=_language(markdown),
        markdown=markdown,
    )


def _title(declared: str, markdown: str, url: str) -> str:
    """The page's own heading, where the declared title is that and the site's name or less."""
    heading = _first_heading(markdown)
    if heading and (declared.startswith(heading) or declared.lower() in heading.lower()):
        return heading[:_LONGEST_TITLE]
    return (declared or _file_name(url))[:_LONGEST_TITLE]


def _first_heading(markdown: str) -> str:
    found = (heading_text(block) for block in blocks(markdown) if block.kind is Kind.HEADING)
    return next((text for text in found if text), "")


def _file_name(url: str) -> str:
    address = urlsplit(url)
    return unquote(address.path.rstrip("/").rpartition("/")[2]) or address.netloc


def _language(text: str) -> str:
    if len(text) < _ENOUGH_FOR_LANGUAGE:
        return ""
    found = detect_fast(text[:20_000], cutoff=_SURE_OF_LANGUAGE)[0]
    return "" if found == "unknown" else found
