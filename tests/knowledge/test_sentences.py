"""Where a sentence ends."""

from agents.knowledge.sentences import sentences


def test_sentences_end_with_their_punctuation() -> None:
    assert sentences("One. Two! Three? Four") == ["One.", "Two!", "Three?", "Four"]


def test_abbreviations_numbers_and_versions_end_nothing() -> None:
    text = "Use it, e.g. PostgreSQL 9.0 by Dr. Smith. Then stop."
    assert sentences(text) == ["Use it, e.g. PostgreSQL 9.0 by Dr. Smith.", "Then stop."]


def test_closing_marks_belong_to_the_sentence() -> None:
    assert sentences('He said "no." (Really.) `Code` follows.') == [
        'He said "no."',
        "(Really.)",
        "`Code` follows.",
    ]


def test_chinese_and_russian_sentences_are_found() -> None:
    assert sentences("这是一句。这是另一句。") == ["这是一句。", "这是另一句。"]
    assert sentences("Первое. Второе.") == ["Первое.", "Второе."]


def test_every_sentence_stands_in_the_text_as_it_is() -> None:
    text = "A  strange\ttext.   With  blanks!  And `code.x()` in it. 1. Item one. Etc."
    assert all(sentence in text for sentence in sentences(text))


def test_a_blank_text_has_none() -> None:
    assert sentences(" \n ") == []
