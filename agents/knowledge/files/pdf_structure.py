"""From the lines of a PDF to Markdown: headings by their size, paragraphs, lists, whole words."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import median

from agents.knowledge.files.pdf_lines import HYPHEN, Line
from agents.knowledge.places import page_mark

_LARGER = 1.12
"""A heading's letters are so many times as high as those of the text."""
_SAME_SIZE = 1.06
_MOST_LEVELS = 5
_LONGEST_HEADING = 200
_GAP = 1.45
"""Between the baselines of two paragraphs there is so many times the usual distance."""
_SHORT = 0.8
"""A line that ends before so much of the text's width ends its paragraph."""
_INDENT = 0.8
"""Of the letters' height: a line that begins so far to the right begins a paragraph."""
_BULLET = re.compile(r"(?:[•▪‣◦●○■□–·∙\uf0b7]|[-*](?=\s))\s*")
_NUMBERED = re.compile(r"\(?(?:\d{1,3}|[a-z])[.)]\s+")
_ENDS_SENTENCE = re.compile(r"[.!?:;。！？][\"'”’»)\]]*$")
_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
_MEANS_SOMETHING = re.compile(r"^(#{1,6}\s|`{3,}|~{3,}|\||>)")


@dataclass(slots=True)
class _Paragraph:
    lines: list[Line] = field(default_factory=list)
    level: int = 0


def to_markdown(pages: Sequence[Sequence[Line]]) -> str:
    """Markdown of the pages' lines. Before the first paragraph of each page stands its mark."""
    lines = [line for page in pages for line in page]
    if not lines:
        return ""
    words = _word_counts(lines)
    blocks: list[str] = []
    page = 0
    for paragraph in _paragraphs(lines):
        text = _text(paragraph.lines, words)
        first = paragraph.lines[0]
        if first.page != page:
            page = first.page
            blocks.append(page_mark(page))
        blocks.append(_block(text, paragraph.level))
    return "\n\n".join(blocks)


def _block(text: str, level: int) -> str:
    if level:
        return f"{'#' * level} {text}"
    if bullet := _BULLET.match(text):
        return f"- {text[bullet.end() :]}"
    return _MEANS_SOMETHING.sub(r"\\\1", text)


def _paragraphs(lines: Sequence[Line]) -> Iterator[_Paragraph]:
    layout = _Layout.of(lines)
    paragraph = _Paragraph()
    for line in lines:
        level = layout.level(line)
        if paragraph.lines and not layout.continues(paragraph, line, level):
            yield paragraph
            paragraph = _Paragraph()
        paragraph.level = level
        paragraph.lines.append(line)
    yield paragraph


@dataclass(frozen=True, slots=True)
class _Layout:
    """What is usual in this file.

    Args:
        distance: between the baselines of two lines of a paragraph, in points.
        rights: where the lines of a page end at most, by page.
        levels: of headings, by their size.
    """

    distance: float
    rights: dict[int, float]
    levels: dict[float, int]

    @classmethod
    def of(cls, lines: Sequence[Line]) -> _Layout:
        characters: Counter[float] = Counter()
        rights: dict[int, float] = {}
        for line in lines:
            characters[line.size] += len(line.text)
            rights[line.page] = max(line.right, rights.get(line.page, 0.0))
        body = characters.most_common(1)[0][0]
        sizes = {line.size for line in lines if _may_be_heading(line, body)}
        return cls(_usual_distance(lines, body), rights, _levels(sizes))

    def level(self, line: Line) -> int:
        """The level of the heading that the line is, 0 for text."""
        return self.levels.get(line.size, 0) if _reads_as_heading(line) else 0

    def continues(self, paragraph: _Paragraph, line: Line, level: int) -> bool:
        """Whether a line goes on with the paragraph before it."""
        last = paragraph.lines[-1]
        if level != paragraph.level or _begins_item(line.text):
            return False
        if level:
            return line.page == last.page and _is_next(last, line, 2 * line.size)
        if line.page != last.page or line.bottom >= last.bottom + last.size:
            return self._goes_over(last, line)
        return self._is_below(paragraph, line)

    def _goes_over(self, last: Line, line: Line) -> bool:
        """To the next page, or to the top of the next column."""
        return not _ENDS_SENTENCE.search(last.text) and not line.text[0].isupper()

    def _is_below(self, paragraph: _Paragraph, line: Line) -> bool:
        last = paragraph.lines[-1]
        if not _is_next(last, line, _GAP * self.distance):
            return False
        if line.left - min(each.left for each in paragraph.lines) > _INDENT * line.size:
            # Only the first line of an item or of a paragraph stands further to the left.
            return len(paragraph.lines) == 1 and _begins_item(last.text)
        start = paragraph.lines[0].left
        is_cut = last.right - start < _SHORT * (self.rights[last.page] - start)
        return not (is_cut and _ENDS_SENTENCE.search(last.text))


def _is_next(last: Line, line: Line, most: float) -> bool:
    return abs(last.bottom - line.bottom) <= most


def _may_be_heading(line: Line, body: float) -> bool:
    return line.size >= _LARGER * body and _reads_as_heading(line)


def _reads_as_heading(line: Line) -> bool:
    """By its words; an entry of a table of contents is none."""
    letters = sum(character.isalpha() for character in line.text)
    return letters > 1 and len(line.text) <= _LONGEST_HEADING and " … " not in line.text


def _levels(sizes: Iterable[float]) -> dict[float, int]:
    """The level of each size, the largest first; sizes that hardly differ share one."""
    levels: dict[float, int] = {}
    level, largest = 0, math.inf
    for size in sorted(sizes, reverse=True):
        if size * _SAME_SIZE < largest:
            level, largest = min(level + 1, _MOST_LEVELS), size
        levels[size] = level
    return levels


def _usual_distance(lines: Sequence[Line], body: float) -> float:
    distances = [
        above.bottom - below.bottom
        for above, below in pairwise(lines)
        if above.page == below.page and above.size == below.size == body
    ]
    down = [distance for distance in distances if 0 < distance < 3 * body]
    return median(down) if down else 1.2 * body


def _begins_item(text: str) -> bool:
    return bool(_BULLET.match(text) or _NUMBERED.match(text))


def _word_counts(lines: Iterable[Line]) -> Counter[str]:
    return Counter(word for line in lines for word in _WORD.findall(line.text.lower()))


def _text(lines: Sequence[Line], words: Counter[str]) -> str:
    text = lines[0].text
    for line in lines[1:]:
        text = _joined(text, line.text, words)
    return text.removesuffix(HYPHEN)


def _joined(text: str, line: str, words: Counter[str]) -> str:
    """Two lines as one. A word that was divided between them is made whole; a hyphen stays where
    the rest of the file writes the word with it."""
    if not text.endswith(("-", HYPHEN)):
        return f"{text} {line}"
    head, stem = text[:-1], re.search(r"[^\W\d_]+$", text[:-1])
    rest = re.match(r"[^\W\d_]+", line)
    if stem is None or rest is None:
        return f"{head}-{line}"
    whole, hyphenated = f"{stem[0]}{rest[0]}".lower(), f"{stem[0]}-{rest[0]}".lower()
    keeps = words[hyphenated] > words[whole] or rest[0][0].isupper()
    return f"{head}-{line}" if keeps else f"{head}{line}"
