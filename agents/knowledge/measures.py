"""Weighs every element of a page once: its text, the part of it in links, its punctuation."""

from __future__ import annotations

from dataclasses import dataclass

from selectolax.lexbor import LexborNode

_ENOUGH_FOR_PROSE = 200
_PROSE_LINK_SHARE = 0.25
_CHARACTERS_A_STOP = 90
"""Sentences have a stop or a comma about every 45 characters; lists of names hardly any."""


@dataclass(frozen=True, slots=True)
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
    """The measures of a tree's elements, kept true while parts are removed.

    They are columns of numbers, because a page has up to some hundred thousand elements, of which
    few are asked for.
    """

    def __init__(self, root: LexborNode) -> None:
        own = root.text(deep=False).strip()
        self._places = {root.mem_id: 0}
        self._parents = [-1]
        self._texts, self._links, self._stops = [len(own)], [0], [_stops(own)]
        self._weigh(root)

    def of(self, node: LexborNode) -> Measure:
        """The measure of an element of the tree, as it is now."""
        place = self._places[node.mem_id]
        return Measure(self._texts[place], self._links[place], self._stops[place])

    def holds(self, node: LexborNode) -> bool:
        """Whether an element still stands in the tree; else nothing of it may be read."""
        return node.mem_id in self._places

    def remove(self, node: LexborNode) -> None:
        """Take an element out of the tree, and its text off the measures of all that held it."""
        gone = self.of(node)
        links = gone.text if node.tag == "a" else gone.links
        above = self._parents[self._places[node.mem_id]]
        while gone.text and above >= 0:
            self._texts[above] -= gone.text
            self._links[above] -= links
            self._stops[above] -= gone.stops
            above = self._parents[above]
        for inner in node.css("*"):
            self._places.pop(inner.mem_id, None)
        node.decompose()

    def _weigh(self, root: LexborNode) -> None:
        """Read the texts in document order, then add up from the last element to the first."""
        places, parents = self._places, self._parents
        texts, links, stops = self._texts, self._links, self._stops
        anchors = {link.mem_id for link in root.css("a")}
        are_links = [False]
        for node in root.css("*"):
            parent = node.parent
            if parent is None or (above := places.get(parent.mem_id)) is None:
                continue
            key = node.mem_id
            text = node.text(deep=False).strip()
            places[key] = len(parents)
            parents.append(above)
            are_links.append(key in anchors)
            texts.append(len(text))
            links.append(0)
            stops.append(_stops(text) if text else 0)
        for place in range(len(parents) - 1, 0, -1):
            if text_length := texts[place]:
                above = parents[place]
                texts[above] += text_length
                links[above] += text_length if are_links[place] else links[place]
                stops[above] += stops[place]


def _stops(text: str) -> int:
    return text.count(".") + text.count(",") + text.count("。")
