"""Which sentences answer a question, and when none does."""

from agents.knowledge.answer import MOST_STATEMENTS, UNKNOWN, Found, Quote, answer
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


SETTINGS = Source(
    "`max_workers` (`integer`)\n\nSets how many workers may run at once. The default is eight."
    "\n\n`min_workers` (`integer`)\n\nSets how many are kept. The default is two of them.",
    "Settings",
    ("Settings",),
    5.0,
)


def test_a_sentence_is_found_by_the_term_that_it_defines() -> None:
    found = ask("What is the default of max_workers?", SETTINGS)
    assert found.text == "`max_workers` (`integer`): The default is eight."
    assert [quote.text for quote in found.quotes] == ["The default is eight."]


def test_a_function_is_explained_by_the_first_sentence_below_its_name() -> None:
    source = Source(
        "random.sample(*x*, *k*)\n\nReturn some elements.\n\nrandom.shuffle(*x*)\n\nChange the "
        "order of a sequence in place.\n\nUse it with care, as a long sequence has many orders.",
        "random",
        ("random", "Functions"),
        5.0,
    )
    found = ask("random.shuffle", source)
    assert found.text.startswith("random.shuffle(*x*): Change the order of a sequence in place.")


def test_who_asks_what_a_thing_is_is_told_by_what_stands_below_its_name() -> None:
    glossary = Source(
        "function\n\nA series of statements.\n\ngarbage collection\n\nThe process of freeing "
        "memory when it is not used anymore. It counts references. The garbage collector can be "
        "controlled using a module of its own.\n\ngenerator\n\nA function which yields values.",
        "Glossary",
        ("Glossary",),
        5.0,
    )
    for question in ("What is garbage collection?", "what's garbage collection"):
        assert ask(question, glossary).text.startswith("garbage collection: The process of")
    controlled = ask("How is garbage collection controlled?", glossary)
    assert controlled.text.startswith("garbage collection: The garbage collector can")


def test_a_row_is_told_with_the_heads_of_its_columns() -> None:
    source = Source(
        "| Name | Size | Range |\n| --- | --- | --- |\n| int | 4 bytes | up to 2147483647 |\n"
        "| bigint | 8 bytes. | up to 9223372036854775807 |",
        "Types",
        ("Types",),
        5.0,
    )
    found = ask("What is the range of bigint?", source)
    assert found.text == "bigint: Size: 8 bytes; Range: up to 9223372036854775807."


def test_a_row_of_one_cell_reads_like_a_sentence() -> None:
    source = Source("| Use |\n| --- |\n| A lease gives a right to work |", "T", ("T",), 1.0)
    assert ask("What is a lease?", source).text == "A lease gives a right to work."


def test_the_page_about_the_thing_itself_answers_what_it_is() -> None:
    part = Source("LEASE PARTS are the parts of which each has a use.", "LEASE PARTS", (), 9.0)
    whole = Source("LEASE — give a right to work\n\nIt expires.", "LEASE", ("LEASE",), 7.0)
    found = ask("What is LEASE?", part, whole)
    assert found.quotes[0] == Quote(1, "LEASE — give a right to work")


def test_a_section_answers_with_its_beginning() -> None:
    later = Source("Leases may be renewed by a beat.", "Leases", ("Leases",), 9.0, number=12)
    first = Source("Leases give workers a right to work.", "Leases", ("Leases",), 8.0, number=11)
    assert ask("What are leases?", later, first).quotes[0].source == 1


def test_what_an_abbreviation_is_short_for_answers_what_it_is() -> None:
    used = Source("The GIL was taken and held by that thread then.", "Threads", ("Threads",), 5.0)
    told = Source("The global interpreter lock (GIL) is often seen.", "Locks", ("Locks",), 5.0)
    assert ask("What is the GIL?", used, told).quotes[0].source == 1


def test_a_sentence_about_another_thing_that_it_compares_with_comes_later() -> None:
    source = Source(
        "Unlike wraparound, leases never come back.\n\nBy wraparound, old numbers come back again.",
        "Numbers",
        ("Numbers",),
        5.0,
    )
    assert ask("wraparound", source).text == "By wraparound, old numbers come back again."


def test_who_asks_for_a_number_is_told_one() -> None:
    source = Source(
        "The length of a name is limited for good reasons.\n\nThe length of a name is at most 63.",
        "Names",
        ("Names",),
        5.0,
    )
    assert ask("How long is the length of a name?", source).text.endswith("at most 63.")


def test_a_list_of_names_is_no_answer_where_there_is_a_sentence() -> None:
    source = Source(
        "There are SELECT, INSERT, UPDATE, DELETE, TRUNCATE, TRIGGER, CREATE, CONNECT, USAGE, "
        "TEMPORARY and EXECUTE."
        "\n\nTo a table, TRUNCATE does at once what DELETE does row by row.",
        "Commands",
        ("Commands",),
        5.0,
    )
    found = ask("What is the difference between DELETE and TRUNCATE?", source, difference=300)
    assert found.text.startswith("To a table, TRUNCATE")


def test_of_two_words_one_that_is_only_mentioned_is_no_answer() -> None:
    mentioned = Source("Django has a logger of its own.", "Logging", ("Logging",), 5.0)
    about = Source("Django has a logger of its own.", "Django", ("Django",), 5.0)
    question = "How do I install Django?"
    assert ask(question, mentioned, django=10, install=60).text == UNKNOWN
    assert ask(question, about, django=10, install=60).text != UNKNOWN


def test_another_statement_is_added_for_what_the_first_does_not_say() -> None:
    lease = Source("Leases expire after one minute without news.", "Leases", ("Leases",), 5.0)
    again = Source("Leases expire while a worker is away.", "Workers", ("Workers",), 5.0)
    token = Source("Tokens expire after thirty quiet days.", "Tokens", ("Tokens",), 5.0)
    found = ask("When do leases and tokens expire?", lease, again, token)
    assert {quote.source for quote in found.quotes} == {0, 2}
