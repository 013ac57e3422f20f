"""How well and how fast a local agent finds passages.

Run: python -m benchmarks.search [--passages 100000] [--data FOLDER]

In the folder are `corpora/*.md` and `questions.jsonl`, whose lines have a `question`, a `corpus`
and `references` with the `content` that answers it. A question's recall is the part of the
references' words that the best of its five passages hold, in order. Speed is measured on passages
of made-up words, which are as unequally common as the words of a language (Zipf's law).

On SQLite, or on the server of DATABASE_URL, in a database that is removed afterwards.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import statistics
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from difflib import SequenceMatcher
from functools import partial
from itertools import accumulate
from pathlib import Path
from uuid import uuid4

import django

from agents.providers.base import AgentSpec, KnowledgeItem, Provider
from benchmarks import postgres
from benchmarks.bench import figures, timed

VOCABULARY = 60_000
PASSAGE_WORDS = 150
STOP_WORDS = 100
QUERIES = 200


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--passages", type=int, default=100_000)
    parser.add_argument("--data", type=Path)
    options = parser.parse_args()
    with ExitStack() as stack:
        if postgres.server():
            os.environ["DATABASE_URL"] = stack.enter_context(postgres.new_database("search"))
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="agentforge-bench-"))
        os.environ["AGENTFORGE_DATA_DIR"] = folder
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "benchmarks.settings")
        django.setup()
        from django.core.management import call_command
        from django.db import connection

        call_command("migrate", verbosity=0)
        if options.data:
            print_recall(options.data)
        print_speed(options.passages)
        connection.close()


def print_recall(folder: Path) -> None:
    """Build an agent of the corpora and ask it every question."""
    agent = new_agent(_corpora(folder))
    questions = [json.loads(line) for line in (folder / "questions.jsonl").read_text().splitlines()]
    recalls: dict[str, list[float]] = {}
    for question in questions:
        texts = [hit.text for hit in _local().search(agent, question["question"], 5)]
        held = [_best(one["content"], texts) for one in question["references"]]
        recalls.setdefault(question["corpus"], []).append(statistics.mean(held))
    for corpus, values in sorted(recalls.items()):
        print(f"recall@5 of {corpus:<32} {statistics.mean(values):.3f}  (n={len(values)})")
    everything = [value for values in recalls.values() for value in values]
    print(f"recall@5 of all {'':<29}{statistics.mean(everything):.3f}  (n={len(everything)})")


def print_speed(passages: int) -> None:
    """Time searches and questions on that many passages."""
    words = Words(random.Random(1))
    agent = new_agent(words.passages(passages))
    _settle()
    queries = [words.query() for _ in range(QUERIES)]
    local = _local()
    for query in queries[:10]:
        local.search(agent, query, 5)
    searches = [timed(partial(local.search, agent, query, 5)) for query in queries]
    figures(f"search in {passages:,} passages", searches)
    mistyped = [timed(partial(local.search, agent, words.mistyped(query), 5)) for query in queries]
    figures("search with a mistyped word", mistyped)
    answers = [timed(partial(local.ask, agent, query)) for query in queries]
    figures(f"ask in {passages:,} passages", answers)


def _settle() -> None:
    """Do what PostgreSQL does by itself within a minute of such an upload."""
    from django.db import connection

    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")


class Words:
    """Words, the n-th of which is n times as rare as the first."""

    def __init__(self, dice: random.Random) -> None:
        self._dice = dice
        self._words = [_word(number) for number in range(VOCABULARY)]
        self._weights = list(accumulate(1 / (rank + 1) for rank in range(VOCABULARY)))

    def passages(self, count: int) -> Iterator[tuple[str, str]]:
        """Pairs of a title and a text."""
        for _ in range(count):
            yield " ".join(self._some(4)), " ".join(self._some(PASSAGE_WORDS))

    def query(self) -> str:
        """Three to eight words, as unequally common as those of a text, but for the commonest.

        Of a language's words, those mean nothing, and no search looks for them.
        """
        words: list[str] = []
        wanted = self._dice.randint(3, 8)
        while len(words) < wanted:
            words += [word for word in self._some(20) if word not in self._words[:STOP_WORDS]]
        return " ".join(words[:wanted])

    def mistyped(self, query: str) -> str:
        """The query with two letters of its longest word changed about."""
        longest = max(query.split(), key=len)
        return query.replace(longest, longest[:2] + longest[3] + longest[2] + longest[4:])

    def _some(self, count: int) -> list[str]:
        return self._dice.choices(self._words, cum_weights=self._weights, k=count)


def _word(number: int) -> str:
    consonants, vowels = "bdfgklmnprstvz", "aeiou"
    syllables = []
    number += 70
    while number:
        number, rest = divmod(number, 70)
        syllables.append(consonants[rest // 5] + vowels[rest % 5])
    return "".join(syllables)


def new_agent(passages: Iterator[tuple[str, str]]) -> str:
    """A local agent that knows these titles and texts."""
    local = _local()
    agent = local.create(AgentSpec(uuid4(), "Benchmark", "", ""))
    items: list[KnowledgeItem] = []
    for number, (title, text) in enumerate(passages):
        items.append(KnowledgeItem(number, f"https://example.com/{number}", title, [title], text))
        if len(items) == 1000:
            local.upload(agent, items)
            items = []
    if items:
        local.upload(agent, items)
    return agent


def _local() -> Provider:
    """The local provider, whose models exist only after Django's setup."""
    from agents.providers.registry import provider

    return provider("local")


def _corpora(folder: Path) -> Iterator[tuple[str, str]]:
    from django.conf import settings

    from agents.knowledge.chunks import split

    for corpus in sorted((folder / "corpora").glob("*.md")):
        passages = split(
            corpus.read_text(),
            title=corpus.stem,
            max_tokens=settings.AGENTFORGE_CHUNK_TOKENS,
            overlap=settings.AGENTFORGE_CHUNK_OVERLAP,
        )
        yield from ((corpus.stem, passage.text) for passage in passages)


def _best(reference: str, texts: Sequence[str]) -> float:
    """The part of the reference's words that one of the texts holds in order, at best."""
    wanted = _tokens(reference)
    return max((_held(wanted, _tokens(text)) for text in texts), default=0.0)


def _held(wanted: list[str], got: list[str]) -> float:
    blocks = SequenceMatcher(None, wanted, got, autojunk=False).get_matching_blocks()
    return sum(block.size for block in blocks) / len(wanted) if wanted else 1.0


def _tokens(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())


if __name__ == "__main__":
    main()
