"""BM25 over a passage's fields, and how often a term stands in a text."""

from __future__ import annotations

import pytest

from agents.knowledge.ranking import Ranking, Term, folded, rarity


@pytest.mark.parametrize(
    ("term", "text", "count"),
    [
        ("vacuum", "VACUUM, vacuuming and vacuumed", 3),
        ("query", "Queries: one query, no querulous one", 2),
        ("hoping", "hope, hopes, hoping, hop", 3),
        ("index", "reindex the index", 1),
        ("pg stat activity", "pg_stat_activity and pg stat, activity; pg_stat", 2),
        ("max old space size", "--max-old-space-size=4096", 1),
        ("café", "Cafe CAFÉ cafe\u0301s", 3),
        ("тест", "Тест и тестов", 1),
        ("vacuum", "", 0),
    ],
)
def test_every_form_of_a_terms_words_is_counted(term: str, text: str, count: int) -> None:
    assert Term.of(term).count(folded(text)) == count


def score(text: str, *terms: str, title: str = "", headings: str = "", **held: bool) -> float:
    ranking = Ranking(dict.fromkeys(terms, 1.0), mean_length=100)
    return ranking.score(title, headings, text, held.keys())


def test_titles_weigh_more_than_headings_and_those_more_than_text() -> None:
    scores = [score("", "a b", title="a b"), score("", "a b", headings="a b"), score("a b", "a b")]
    assert scores == sorted(scores, reverse=True)
    assert len(set(scores)) == 3


def test_the_tenth_time_counts_less_than_the_second() -> None:
    once, twice, nine, ten = (score("word " * n + "x " * (50 - n), "word") for n in (1, 2, 9, 10))
    assert twice - once > 3 * (ten - nine) > 0


def test_a_long_passage_needs_more_of_a_term() -> None:
    assert score("word", "word") > score("word" + " other" * 100, "word")


def test_a_form_that_only_the_index_knows_counts_once() -> None:
    assert score("mice", "mouse") == 0
    assert score("mice", "mouse", mouse=True) == pytest.approx(score("cats", "cats"), rel=0.01)


def test_what_every_passage_holds_is_hardly_worth_anything() -> None:
    assert rarity(1000, 1000) < 0.001 < rarity(500, 1000) < rarity(1, 1000)
    assert rarity(5, 3) > 0


@pytest.mark.parametrize("line", ["shuffle(x)", "## Shuffle", "Shuffle and sample"])
def test_a_line_that_names_what_is_below_it_counts_like_a_heading(line: str) -> None:
    plain = score(f"{line}.\n\nChange the order of all.", "shuffle")
    assert score(f"{line}\n\nChange the order of all.", "shuffle") > 1.25 * plain


@pytest.mark.parametrize("line", ["shuffle:", "- shuffle", "> shuffle", "```\nshuffle\n```"])
def test_other_lines_count_like_any_text(line: str) -> None:
    assert score(f"{line}\n\nChange the order.", "shuffle") == pytest.approx(
        score(f"{line} Change the order.", "shuffle"), rel=0.02
    )
