"""The questions in a text."""

from __future__ import annotations

from agents.knowledge.sentences import sentences

LONGEST = 10_000
"""Characters of one question, as `POST /agents/{id}/ask` takes them."""


def questions_in(text: str) -> list[str]:
    """Each question of `text` once, in order.

    Where sentences end with question marks, those are the questions; else each line is one. What
    is said before the first question belongs to it.
    """
    found: list[str] = []
    said = ""
    for line in filter(None, map(str.strip, text.splitlines())):
        for sentence in sentences(line):
            said = f"{said} {sentence}".strip()
            if sentence.endswith(("?", "？")):
                found.append(said)
                said = ""
    if not found:
        found = [line.strip() for line in text.splitlines() if line.strip()]
    elif said:
        found[-1] = f"{found[-1]} {said}"
    return [question[:LONGEST] for question in dict.fromkeys(found)]
