"""Token counts."""

import random

from agents.knowledge.tokens import count_joined, count_tokens

ATOMS = [
    "word",
    "Word",
    " ",
    "  ",
    "\n",
    "\r",
    "\t",
    "\u00a0",
    "\u2028",
    ".",
    ",",
    "/",
    "//",
    "(",
    "`",
]
ATOMS += ["*", "-", "#", "\\", "1", "1234", "'s", "don't", "é", "日本", "😀", " a", " b."]


def test_words_are_counted_as_the_vocabulary_has_them() -> None:
    assert count_tokens("hello world") == 2
    assert count_tokens("antidisestablishmentarianism") == 6
    assert count_tokens("") == 0


def test_special_tokens_count_as_plain_text() -> None:
    assert count_tokens("<|endoftext|>") > 1


def test_a_text_larger_than_the_encoder_takes_is_counted_all_the_same() -> None:
    assert 500_000 <= count_tokens("a-" * 500_000) <= 500_020  # one more at each of the 20 cuts


def test_text_of_the_rarest_characters_is_counted_however_long() -> None:
    rare = "".join(chr(0x20000 + n % 40_000) for n in range(120_000))
    assert count_tokens(rare) > 240_000


def test_half_of_a_character_counts_as_one_that_is_unknown() -> None:
    assert count_tokens("half \ud83d of it") == count_tokens("half \ufffd of it")


def test_texts_with_blank_lines_between_them_have_the_tokens_of_the_whole() -> None:
    chance = random.Random(1)
    for _ in range(5_000):
        texts = [
            "".join(chance.choices(ATOMS, k=chance.randint(0, 6)))
            for _ in range(chance.randint(1, 4))
        ]
        counted = count_joined([(text, count_tokens(text)) for text in texts])
        assert counted == count_tokens("\n\n".join(texts)), texts
