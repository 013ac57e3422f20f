"""What a query asks for."""

from agents.knowledge.terms import MOST_TERMS, query_terms, stems


def test_words_that_only_ask_are_left_out() -> None:
    assert query_terms("How do I dump a single table?") == ["dump", "single", "table"]


def test_a_query_of_such_words_alone_keeps_them() -> None:
    assert query_terms("who is it?") == ["who", "is", "it"]


def test_words_joined_by_marks_are_one_term() -> None:
    assert query_terms("pg_stat_activity --max-old-space-size a.b/c") == [
        "pg stat activity",
        "max old space size",
        "a b c",
    ]


def test_a_repeated_word_counts_once() -> None:
    assert query_terms("Table table TABLE tables") == ["table", "tables"]


def test_other_alphabets_keep_whole_words() -> None:
    assert query_terms("Что такое «индекс»? हिन्दी 索引") == [
        "что",
        "такое",
        "индекс",
        "हिन्दी",
        "索引",
    ]


def test_marks_alone_are_no_query() -> None:
    assert query_terms(" \"' * ( ) OR- :^ \x00 -- ") == ["or"]
    assert query_terms("?! ... \"'") == []


def test_a_query_of_ten_thousand_characters_is_cut() -> None:
    assert len(query_terms(" ".join(f"word{n}" for n in range(2000)))) == MOST_TERMS


def test_forms_of_a_word_share_a_stem() -> None:
    assert set(stems("index indexes indexing Indexed")) == {"index"}


def test_a_word_of_two_letters_has_no_ending() -> None:
    assert list(stems("os is as us")) == ["os", "is", "as", "us"]


def test_words_that_compare_or_ask_are_no_terms() -> None:
    assert query_terms("What is the difference between json and jsonb?") == [
        "difference", "json", "jsonb",
    ]  # fmt: skip
    assert query_terms("json versus jsonb: what does that mean") == ["json", "jsonb"]


def test_what_an_apostrophe_cuts_off_is_no_term() -> None:
    assert query_terms("What's a user's role, and why can’t they've two?") == [
        "user",
        "role",
        "two",
    ]
    assert query_terms("l'homme aime") == ["l", "homme", "aime"]
