"""Which sentences answer a question, and when none does."""

from agents.knowledge.answer import MOST_STATEMENTS, UNKNOWN, Found, answer
from agents.knowledge.evidence import Source
from agents.knowledge.terms import query_terms

TOTAL = 1000

VACUUM = Source(
    "`VACUUM` reclaims storage occupied by dead tuples. In normal operation, deleted tuples are "
    "not physically removed. Plain `VACUUM` simply reclaims space.",
    "VACUUM",
    ("VACUUM", "Description"),
    9.0,
)
OUTPUTS = Source("When `VERBOSE` is given, it emits messages.", "VACUUM", ("VACUUM",), 8.0)
DUMP = Source(
    "pg_dump writes a database to a file.\n\nTo dump a single table named `mytab`:\n\n"
    "```\n$ pg_dump -t mytab mydb > db.sql\n```\n\nOther tools exist.",
    "pg_dump",
    ("pg_dump", "Examples"),
    7.0,
)
CAPITALS = Source("Capital letters in a name need quotes.", "Names", ("Names",), 3.0)


def ask(question: str, *sources: Source, **frequencies: int) -> Found:
    """Terms that are not given a frequency are in ten of a thousand passages."""
    known = {term: frequencies.get(term.replace(" ", "_"), 10) for term in query_terms(question)}
    return answer(question, sources, known, TOTAL)


def test_the_sentence_that_says_what_the_thing_does_comes_first() -> None:
    found = ask("What does VACUUM do?", OUTPUTS, VACUUM)
    assert found.text.startswith("`VACUUM` reclaims storage occupied by dead tuples.")


def test_every_quote_stands_in_its_source_exactly() -> None:
    sources = (VACUUM, OUTPUTS, DUMP)
    found = ask("How does VACUUM reclaim storage, and how do I dump a table?", *sources)
    assert found.quotes
    assert all(quote.text in sources[quote.source].text for quote in found.quotes)


def test_a_how_to_is_answered_with_its_code() -> None:
    found = ask("How do I dump a single table with pg_dump?", DUMP)
    assert found.text.startswith("To dump a single table named `mytab`:\n\n```\n$ pg_dump -t mytab")
    assert found.quotes[1].text == "```\n$ pg_dump -t mytab mydb > db.sql\n```"


def test_code_answers_only_who_asks_for_it() -> None:
    assert "```" not in ask("What is mytab?", DUMP).text


def test_a_question_whose_rare_words_nothing_holds_is_not_answered() -> None:
    found = ask("What is the capital of France?", CAPITALS, france=0, capital=20)
    assert found == Found(UNKNOWN)


def test_nothing_found_and_nothing_asked_are_not_answered() -> None:
    assert ask("What does VACUUM do?").text == UNKNOWN
    assert ask("?!", VACUUM).text == UNKNOWN


def test_an_answer_has_at_most_four_statements() -> None:
    many = Source(
        "\n\n".join(f"VACUUM number {n} is a {word} thing." for n, word in enumerate("abcdefgh")),
        "VACUUM",
        ("VACUUM",),
        1.0,
    )
    assert 1 <= len(ask("What is VACUUM?", many).quotes) <= MOST_STATEMENTS


def test_the_same_statement_of_two_pages_is_given_once() -> None:
    assert len({quote.text for quote in ask("What does VACUUM do?", VACUUM, VACUUM).quotes}) == len(
        ask("What does VACUUM do?", VACUUM, VACUUM).quotes
    )


def test_a_phrase_is_matched_by_its_stems() -> None:
    source = Source("Indexing tables speeds up queries.", "Speed", ("Speed",), 1.0)
    assert ask("index table", source).text == "Indexing tables speeds up queries."


def test_links_are_left_out_of_the_answer_and_kept_in_the_quote() -> None:
    source = Source("VACUUM is a [command](https://other.example/x).", "VACUUM", ("VACUUM",), 1.0)
    found = ask("What is VACUUM?", source)
    assert found.text == "VACUUM is a command."
    assert found.quotes[0].text == source.text


def test_a_sentence_that_announces_code_brings_it_along() -> None:
    source = Source(
        "The state of a task is read like this:\n\n```\n$ curl localhost:8000\n```",
        "API",
        ("API",),
        1.0,
    )
    assert "$ curl" in ask("How do I read the state of a task?", source).text


def test_a_row_of_a_table_reads_like_a_sentence() -> None:
    source = Source(
        "| Name | Use |\n| --- | --- |\n| lease | The right to work |", "T", ("T",), 1.0
    )
    found = ask("What is a lease?", source)
    assert found.text == "lease: The right to work."
    assert found.quotes[0].text in source.text
