"""Takes out of a page what is not its content: navigation, banners, consent forms, adverts."""

from __future__ import annotations

from collections.abc import Callable

from selectolax.lexbor import LexborNode

from agents.knowledge.boilerplate_names import Sureness, boilerplate_name
from agents.knowledge.measures import Measures

MOST_OF_THE_PAGE = 0.4
"""A part that holds more of the page's text than this is no boilerplate, whatever its name."""
_NEARLY_ALL = 0.8
"""The same for a part whose name leaves no doubt, or that is made of links."""

_BY_ROLE = (
    "label,fieldset,[hidden],[aria-modal=true],"
    "[style*='display:none'],[style*='display: none'],"
    "[role=navigation],[role=banner],[role=contentinfo],[role=search],[role=dialog],"
    "[role=alertdialog],[role=menu],[role=menubar],[role=toolbar],[role=tablist]"
)
_OPENED_BY_A_CLICK = frozenset({"tabpanel", "region"})
_FEW_LINKS = 0.3
_LANDMARKS = "main,[role=main]"
_CONTENT_TAGS = frozenset({"html", "body", "main", "article", "pre", "code"})
_TITLES = "h1,h2,h3,h4"
_TITLE_TAGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6", "dt", "summary"})
_INSIDE = frozenset({"article", "section", "main", "li"})


def remove_boilerplate(body: LexborNode, measures: Measures, *, by_name: bool = True) -> None:
    """Remove in place what is not content, by element, ARIA role and, if asked, class and id.

    Names are guesses: a page that loses nearly everything to them is better read without.
    """
    remove = _Remover(body, measures)
    remove.all("button", only=_is_no_title)
    remove.all("dialog,nav,menu")
    remove.all(_BY_ROLE, only=remove.is_out_of_sight)
    if by_name:
        remove.named()
    remove.all("footer,aside")
    remove.all("header", only=_has_no_title)


class _Remover:
    def __init__(self, body: LexborNode, measures: Measures) -> None:
        self.body = body
        self.measures = measures

    def all(self, selector: str, only: Callable[[LexborNode], bool] | None = None) -> None:
        for node in self.body.css(selector):
            if not self.measures.holds(node):
                continue
            if (only is None or only(node)) and self.may_go(node):
                self.measures.remove(node)

    def named(self) -> None:
        for node in self.body.css("[class],[id]"):
            if not self.measures.holds(node):
                continue
            sure = _sureness(node)
            if sure and self.may_go(node, sure):
                self.measures.remove(node)

    def may_go(self, node: LexborNode, sure: Sureness = Sureness.USUAL) -> bool:
        own = self.measures.of(node)
        if sure is Sureness.WEAK and own.is_prose:
            return False
        beyond_doubt = sure is Sureness.CERTAIN or own.link_share > _NEARLY_ALL
        most = _NEARLY_ALL if beyond_doubt else MOST_OF_THE_PAGE
        return (
            own.text <= most * self.measures.of(self.body).text
            and node.css_first(_LANDMARKS) is None
        )

    def is_out_of_sight(self, node: LexborNode) -> bool:
        """Tab panels and accordions are out of sight too, and yet content."""
        role, own = node.attributes.get("role"), self.measures.of(node)
        if role == "tablist":
            return not own.is_prose
        return role not in _OPENED_BY_A_CLICK or own.link_share > _FEW_LINKS


def _is_no_title(button: LexborNode) -> bool:
    """An accordion's headings are buttons."""
    above = button.parent
    return above is None or above.tag not in _TITLE_TAGS


def _has_no_title(header: LexborNode) -> bool:
    return header.css_first(_TITLES if _is_inside(header) else "h1") is None


def _is_inside(node: LexborNode) -> bool:
    above = node.parent
    while above is not None and above.tag not in _INSIDE:
        above = above.parent
    return above is not None


def _sureness(node: LexborNode) -> Sureness | None:
    if node.tag in _CONTENT_TAGS:
        return None
    attributes = node.attributes
    return boilerplate_name(f"{attributes.get('class') or ''} {attributes.get('id') or ''}")
