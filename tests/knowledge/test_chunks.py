"""How a page is divided into passages."""

from itertools import pairwise

from agents.knowledge.chunks import Passage, split
from agents.knowledge.tokens import count_tokens

SENTENCE = "Vacuuming reclaims the storage that dead tuples occupy in a table. "


def chunks(markdown: str, *, max_tokens: int = 100, overlap: int = 0) -> list[Passage]:
    return split(markdown, title="VACUUM", max_tokens=max_tokens, overlap=overlap)


def paths(passages: list[Passage]) -> list[tuple[str, ...]]:
    return [passage.heading_path for passage in passages]


def test_a_small_page_is_one_passage_with_its_headings_in_it() -> None:
    (passage,) = chunks("# VACUUM\n\nIntro.\n\n## Notes\n\nText.")
    assert passage.heading_path == ("VACUUM",)
    assert passage.text == "Intro.\n\n## Notes\n\nText."


def test_sections_that_are_large_stand_alone_under_their_headings() -> None:
    page = f"Intro.\n\n## Description\n\n{SENTENCE * 5}\n\n## Notes\n\n### Locks\n\n{SENTENCE * 5}"
    assert paths(chunks(page)) == [
        ("VACUUM",),
        ("VACUUM", "Description"),
        ("VACUUM", "Notes", "Locks"),
    ]
    assert chunks(page)[2].text.startswith("Vacuuming")


def test_small_sections_beside_each_other_share_a_passage() -> None:
    small = "".join(f"## Option {n}\n\n{SENTENCE}\n\n" for n in range(4))
    passages = chunks(small + f"## Description\n\n{SENTENCE * 6}", max_tokens=110)
    assert paths(passages) == [("VACUUM",), ("VACUUM", "Description")]
    assert passages[0].text.count("## Option") == 4


def test_a_deeper_section_carries_the_whole_path() -> None:
    text = SENTENCE * 6
    page = f"## Parameters\n\n{text}\n\n### FULL\n\n{text}\n\n## Notes\n\n{text}"
    assert ("VACUUM", "Parameters", "FULL") in paths(chunks(page))


def test_no_passage_is_larger_than_allowed_and_counts_are_exact() -> None:
    page = f"{SENTENCE * 40}\n\n- " + "\n- ".join([SENTENCE] * 30) + "\n\n" + "x" * 3000
    passages = chunks(page, overlap=20)
    assert max(passage.token_count for passage in passages) <= 100
    assert all(passage.token_count == count_tokens(passage.text) for passage in passages)
    assert [passage.position for passage in passages] == list(range(len(passages)))


def test_a_code_block_is_never_divided_if_it_fits() -> None:
    code = "```sql\n" + "\n\n".join(f"VACUUM table_{n};" for n in range(8)) + "\n```"
    passages = chunks(f"{SENTENCE * 5}\n\n{code}\n\n{SENTENCE * 5}")
    assert sum(code in passage.text for passage in passages) == 1


def test_a_code_block_that_is_too_large_is_divided_between_lines_and_fenced_again() -> None:
    lines = [f"VACUUM VERBOSE some_table_{n};" for n in range(60)]
    passages = chunks("```sql\n" + "\n".join(lines) + "\n```")
    assert len(passages) > 3
    for passage in passages:
        assert passage.text.startswith("```sql\n") and passage.text.endswith("\n```")
    inner = [line for passage in passages for line in passage.text.splitlines()[1:-1]]
    assert inner == lines


def test_a_table_is_divided_between_rows_and_repeats_its_head() -> None:
    head = "| Name | Meaning |\n| --- | --- |"
    rows = [f"| option_{n} | It does the thing number {n}. |" for n in range(40)]
    passages = chunks(head + "\n" + "\n".join(rows))
    assert all(passage.text.startswith(head) for passage in passages)
    assert [row for passage in passages for row in passage.text.splitlines()[2:]] == rows


def test_an_introduction_moves_on_with_what_it_introduces() -> None:
    code = "```\n" + "VACUUM ANALYZE onek;\n" * 6 + "```"
    page = f"{SENTENCE * 4}\n\nTo clean a table:\n\n{code}\n\n{SENTENCE * 4}"
    passages = chunks(page, overlap=20)
    assert any(passage.text.startswith("To clean a table:\n\n```") for passage in passages)


def test_a_signature_and_its_notes_move_on_together() -> None:
    signature = "int clean(table *name)"
    page = f"{SENTENCE * 4}\n\n{signature}\n\n*Return value: an error.*\n\n{SENTENCE * 5}"
    passages = chunks(page, overlap=20)
    assert any(passage.text.startswith(f"{signature}\n\n*Return") for passage in passages)


def test_a_remark_in_brackets_introduces_nothing() -> None:
    page = f"{SENTENCE * 4}\n\n(Contributed by Ada.)\n\n{SENTENCE * 5}"
    first, *_ = chunks(page, overlap=20)
    assert first.text.endswith("(Contributed by Ada.)")


def test_neighbours_of_a_divided_section_share_a_sentence() -> None:
    numbered = "\n\n".join(f"Sentence number {n} says a little about it." for n in range(60))
    passages = chunks(numbered, overlap=15)
    for one, two in pairwise(passages):
        assert two.text.startswith(one.text.rpartition("\n\n")[2])


def test_without_overlap_nothing_is_said_twice_and_nothing_is_lost() -> None:
    statements = [f"Sentence number {n} says a little about it." for n in range(60)]
    passages = chunks("\n\n".join(statements))
    assert "\n\n".join(passage.text for passage in passages).split("\n\n") == statements


def test_a_word_longer_than_a_passage_is_cut() -> None:
    passages = chunks("ab" * 2000)
    assert "".join(passage.text for passage in passages) == "ab" * 2000


def test_headings_without_text_give_no_passage() -> None:
    assert chunks("# VACUUM\n\n## Empty\n\n### Emptier") == []
    assert chunks("") == []


def test_a_block_of_a_million_characters_is_divided() -> None:
    passages = chunks("```\n" + "a line of code\n" * 60_000 + "```", max_tokens=400)
    assert max(passage.token_count for passage in passages) <= 400


def test_a_fence_of_four_backticks_is_closed_by_four() -> None:
    code = "````md\n" + "```\na line of code\n```\n" * 40 + "````"
    for passage in chunks(code):
        assert passage.text.startswith("````md\n") and passage.text.endswith("\n````")


def test_a_divided_code_block_of_a_list_stands_alone() -> None:
    code = "1. Do this:\n\n    ```bash\n" + "    run this command now\n" * 60 + "    ```"
    for passage in chunks(code)[1:]:
        assert passage.text.startswith("```bash\nrun") and passage.text.endswith("now\n```")


def test_characters_of_several_tokens_are_counted_as_such() -> None:
    passages = chunks("👨‍👩‍👧‍👦" * 300)
    assert max(passage.token_count for passage in passages) <= 100


def test_a_row_that_is_too_large_alone_is_divided_and_its_neighbours_are_not() -> None:
    row = "| short | It stays whole. |"
    page = f"| Name | Meaning |\n| --- | --- |\n| long | {SENTENCE * 20} |\n{row}"
    passages = chunks(page)
    assert max(passage.token_count for passage in passages) <= 100
    assert sum(row in passage.text for passage in passages) == 1
