"""Weighs every element of a page once: its text, the part of it in links, its punctuation."""

from __future__ import annotations

from dataclasses import dataclass

from selectolax.lexbor import LexborNode

_ENOUGH_FOR_PROSE = 200
_PROSE_LINK_SHARE = 0.25
_CHARACTERS_A_STOP = 90
"""Sentences have a stop or a comma about every 45 characters; lists of names hardly any."""


@dataclass(slots=True)
class Measure:
    """What stands in an element and below it.

    `text` is characters, without the blanks around each text; `links` are those inside `<a>`;
    `stops` counts full stops and commas.
    """

    text: int = 0
    links: int = 0
    stops: int = 0

    @property
    def link_share(self) -> float:
        """How much of the text is links, from 0 to 1."""
        return self.links / self.text if self.text else 0.0

    @property
    def is_prose(self) -> bool:
        """Whether it reads like sentences, and enough of them to be sure."""
        return (
            self.text >= _ENOUGH_FOR_PROSE
            and self.link_share < _PROSE_LINK_SHARE
            and self.stops * _CHARACTERS_A_STOP >= self.text
        )


class Measures:
    """The measures of a tree's elements, kept true while parts are removed."""

    def __init__(self, root: LexborNode) -> None:
        own = root.text(deep=False).strip()
        self._of = {root.mem_id: Measure(len(own), 0, _stops(own))}
        self._weigh(root)

    def of(self, node: LexborNode) -> Measure:
        """The measure of an element of the tree."""
        return self._of[node.mem_id]

    def holds(self, node: LexborNode) -> bool:
        """Whether an element still stands in the tree; else nothing of it may be read."""
        return node.mem_id in self._of

    def remove(self, node: LexborNode) -> None:
        """Take an element out of the tree, and its text off the measures of all that held it."""
        gone = self.of(node)
        links = gone.text if node.tag == "a" else gone.links
        parent = node.parent
        while gone.text and parent is not None and (held := self._of.get(parent.mem_id)):
            held.text -= gone.text
            held.links -= links
            held.stops -= gone.stops
            parent = parent.parent
        for inner in node.css("*"):
            self._of.pop(inner.mem_id, None)
        node.decompose()

    def _weigh(self, root: LexborNode) -> None:
        """Read the texts in document order, then add up from the last element to the first."""
        of = self._of
        elements = []
        for node in root.css("*"):
            parent = node.parent
            if parent is None or (above := of.get(parent.mem_id)) is None:
                continue
            text = node.text(deep=False).strip()
            own = Measure(len(text), 0, _stops(text)) if text else Measure()
            of[node.mem_id] = own
            elements.append((node.tag == "a", own, above))
        for is_link, own, above in reversed(elements):
            if own.text:
                above.text += own.text
                above.links += own.text if is_link else own.links
                above.stops += own.stops


def _stops(text: str) -> int:
    return text.count(".") + text.count(",") + text.count("。")
