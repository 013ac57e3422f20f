"""The pages of the guide: `docs/*.md` as HTML, in the order in which they are read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from pathlib import Path, PurePosixPath

from django.conf import settings
from django.templatetags.static import static
from django.urls import reverse
from django.utils.text import Truncator
from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.anchors import anchors_plugin
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name
from pygments.util import ClassNotFound

DOCS: Path = settings.BASE_DIR / "docs"

CONTENTS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Start here", ("index", "quick-start")),
    (
        "Use it",
        (
            "api",
            "dashboard",
            "webhooks",
            "agents",
            "projects",
            "agent-program",
            "kafka",
            "life-cycle",
            "reliability",
        ),
    ),
    ("Run it", ("settings", "deployment", "monitoring", "roles", "retention", "performance")),
    ("Extend it", ("add-a-step", "add-a-workflow", "add-a-task-type", "add-a-provider")),
    ("Look it up", ("glossary",)),
)
"""The sidebar: each part's title and the names of its files in `docs/`, in reading order."""

SLUGS = tuple(slug for _, slugs in CONTENTS for slug in slugs)


@dataclass(frozen=True, slots=True)
class Section:
    """A heading that the page's table of contents links to."""

    anchor: str
    title: str


@dataclass(frozen=True, slots=True)
class Page:
    """One rendered page. `description` is its first paragraph, shortened to a search result."""

    slug: str
    title: str
    description: str
    html: str
    sections: tuple[Section, ...]

    @property
    def url(self) -> str:
        return page_url(self.slug)


def page_url(slug: str) -> str:
    """Where the page stands; the index is the guide's own root."""
    return reverse("guide") if slug == "index" else reverse("guide-page", args=[slug])


def load(slug: str) -> Page:
    """The page of `docs/<slug>.md`, rendered again only when the file has changed.

    Raises:
        KeyError: the guide has no such page.
    """
    if slug not in SLUGS:
        raise KeyError(slug)
    file = DOCS / f"{slug}.md"
    return _render(file, file.stat().st_mtime_ns)


@lru_cache(maxsize=64)
def _render(file: Path, _modified: int) -> Page:
    markdown = _markdown()
    tokens = markdown.parse(file.read_text(encoding="utf-8"))
    sections = tuple(_sections(tokens))
    for token in _inline(tokens):
        _point_at_the_website(token)
    return Page(
        slug=file.stem,
        title=_first_text(tokens, "heading_open"),
        description=Truncator(_first_text(tokens, "paragraph_open")).chars(160),
        html=markdown.renderer.render(tokens, markdown.options, {}),
        sections=sections,
    )


@lru_cache(maxsize=1)
def _markdown() -> MarkdownIt:
    markdown = MarkdownIt("commonmark", {"highlight": _highlight}).enable("table")
    markdown.add_render_rule("table_open", lambda *_: '<div class="guide-table"><table>\n')
    markdown.add_render_rule("table_close", lambda *_: "</table></div>\n")
    # The link's sign is drawn by the style sheet: as text it would become part of the heading.
    markdown.use(
        anchors_plugin,
        min_level=2,
        max_level=3,
        permalink=True,
        permalinkSymbol="",
        permalinkSpace=False,
    )
    return markdown


def _highlight(code: str, language: str, _attributes: str) -> str:
    """`code` with a class on each token; as it is when the language is not known."""
    try:
        lexer = get_lexer_by_name(language)
    except ClassNotFound:
        return ""
    return str(highlight(code, lexer, HtmlFormatter(nowrap=True)))


def _inline(tokens: list[Token]) -> Iterator[Token]:
    for token in tokens:
        yield from token.children or ()


def _sections(tokens: list[Token]) -> Iterator[Section]:
    for opening, content in pairwise(tokens):
        if opening.type == "heading_open" and opening.tag == "h2":
            yield Section(str(opening.attrGet("id")), _text(content))


def _first_text(tokens: list[Token], opening_type: str) -> str:
    """The words of the first heading or paragraph, without its markup."""
    return next(
        (_text(words) for opening, words in pairwise(tokens) if opening.type == opening_type), ""
    )


def _text(inline: Token) -> str:
    children = inline.children or ()
    return "".join(" " if child.type == "softbreak" else child.content for child in children)


def _point_at_the_website(token: Token) -> None:
    """Turn links between files of `docs/` into links between the guide's pages."""
    if token.type == "image":
        name = PurePosixPath(str(token.attrGet("src"))).name
        token.attrSet("src", static(f"guide/{name}"))
    elif token.type == "link_open" and token.attrGet("class") == "header-anchor":
        token.attrSet("aria-label", "Link to this section")
    elif token.type == "link_open":
        file, hash_sign, anchor = str(token.attrGet("href")).partition("#")
        if file.endswith(".md") and "/" not in file:
            token.attrSet("href", page_url(file.removesuffix(".md")) + hash_sign + anchor)
