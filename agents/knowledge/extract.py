"""Reads HTML pages, and gives what was read of other files a title and a language."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import unquote, urljoin, urlsplit

from resiliparse.parse.lang import detect_fast

from agents.knowledge.blocks import Kind, blocks, heading_text
from agents.knowledge.document import Document
from agents.knowledge.head import read_head
from agents.knowledge.main_content import main_content
from agents.knowledge.nesting import limit_nesting
from agents.knowledge.published import published_date
from agents.knowledge.render import to_markdown

_LONGEST_TITLE = 300
_SURE_OF_LANGUAGE = 700
"""resiliparse's distance to the language's profile: a larger one is a guess."""
_ENOUGH_FOR_LANGUAGE = 150
"""Characters. Of less text the language cannot be told."""


def main_markdown(html: str, url: str) -> str:
    """Only the main content of an HTML page, as Markdown."""
    return read_html(html, url).markdown


def read_html(html: str, url: str) -> Document:
    """The main content of a page as Markdown, with its title, description, language and date.

    Args:
        url: where it was found; relative links are resolved against it.
    """
    html = limit_nesting(html)
    head = read_head(html)
    content = main_content(html)
    markdown = to_markdown(content, urljoin(url, head.base)) if content else ""
    return Document(
        title=_title(head.title, _first_heading(markdown), url),
        description=head.description,
        language=head.language or _language(markdown),
        markdown=markdown,
        published=published_date(html, head.published),
    )


def completed(document: Document, url: str) -> Document:
    """What was read of a file, with a title and a language even if it tells none itself.

    Args:
        url: where it was found; the last resort for a title is the name at its end.
    """
    return replace(
        document,
        title=_title(document.title, _first_heading(document.markdown, most_level=1), url),
        language=document.language or _language(document.markdown),
    )


def _title(declared: str, heading: str, url: str) -> str:
    """The page's own heading, where the declared title is that and the site's name or less."""
    if heading and (declared.startswith(heading) or declared.lower() in heading.lower()):
        return heading[:_LONGEST_TITLE]
    return (declared or _file_name(url))[:_LONGEST_TITLE]


def _first_heading(markdown: str, most_level: int = 6) -> str:
    headings = (block for block in blocks(markdown) if block.kind is Kind.HEADING)
    found = (heading_text(block) for block in headings if block.level <= most_level)
    return next((text for text in found if text), "")


def _file_name(url: str) -> str:
    address = urlsplit(url)
    return unquote(address.path.rstrip("/").rpartition("/")[2]) or address.netloc


def _language(text: str) -> str:
    if len(text) < _ENOUGH_FOR_LANGUAGE:
        return ""
    found = detect_fast(text[:20_000], cutoff=_SURE_OF_LANGUAGE)[0]
    return "" if found == "unknown" else found
