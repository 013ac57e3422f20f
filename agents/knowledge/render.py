"""Writes a page's content as Markdown: headings, lists, tables, fenced code, absolute links."""

from __future__ import annotations

from html import escape

from html_to_markdown import ConversionOptions, PreprocessingOptions, convert
from selectolax.lexbor import LexborHTMLParser, LexborNode

from agents.knowledge.blocks import unwrap_lines
from agents.knowledge.code import join_inline_code, write_plain_code

_PILCROWS = frozenset({"¶", "#", "§", "🔗", ""})
_ADMONITIONS = ".note,.tip,.warning,.caution,.important,.admonition"
_HEADINGS = "h1,h2,h3,h4,h5,h6"


def to_markdown(content: LexborNode, base_url: str) -> str:
    """The Markdown of a subtree; relative links are resolved against `base_url`."""
    write_plain_code(content)
    join_inline_code(content)
    _tidy_links(content)
    _lower_admonition_titles(content)
    options = ConversionOptions(
        extract_metadata=False,
        autolinks=False,
        skip_images=True,
        compact_tables=True,
        hidden_content="reachable",
        preprocessing=PreprocessingOptions(enabled=False),
        base_url=base_url,
    )
    return unwrap_lines(convert(content.html or "", options).content or "")


def _tidy_links(content: LexborNode) -> None:
    """Drop what a reader of Markdown cannot use: link titles, permalinks, links without text."""
    for link in content.css("a"):
        target = link.attributes.get("href")
        if link.text(strip=True) in _PILCROWS:
            link.decompose()
        elif not target or target.lower().startswith(("javascript:", "data:")):
            link.unwrap()
        elif "title" in link.attributes:
            del link.attrs["title"]


def _lower_admonition_titles(content: LexborNode) -> None:
    """ "Note" is no section: what follows the note would stand under it."""
    for box in content.css(_ADMONITIONS):
        for heading in box.css(_HEADINGS):
            label = LexborHTMLParser(f"<p><strong>{escape(heading.text(strip=True))}</strong></p>")
            if label.body is not None and label.body.child is not None:
                heading.replace_with(label.body.child)
