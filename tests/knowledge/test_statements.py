"""How a passage is cut into statements, and what each of them is about."""

from __future__ import annotations

import pytest

from agents.knowledge.statements import statements

SETTINGS = """`port` (`integer`)

The port that the server listens on. It is 5432.

`-h`

`--host=HOST`

Where the server is.

- On this machine.

## Files

Files have names."""


def about(passage: str) -> list[tuple[str, str]]:
    """Each statement's term and text."""
    return [(one.term, one.text) for one in statements(passage)]


def test_a_line_without_an_end_names_what_the_text_below_it_is_about() -> None:
    assert about(SETTINGS)[:2] == [
        ("`port` (`integer`)", "The port that the server listens on."),
        ("`port` (`integer`)", "It is 5432."),
    ]


def test_a_bold_line_names_what_is_below_it() -> None:
    assert about("**Leases**\n\nThey expire.") == [("**Leases**", "They expire.")]


def test_terms_above_each_other_name_the_same_thing() -> None:
    assert about(SETTINGS)[2] == ("`-h`, `--host=HOST`", "Where the server is.")


def test_a_heading_ends_what_a_term_names() -> None:
    last = statements(SETTINGS)[-1]
    assert (last.term, last.heading) == ("", "Files")


def test_a_statement_knows_how_far_it_stands_from_its_term() -> None:
    assert [one.after_term for one in statements(SETTINGS)[:4]] == [1, 1, 1, 2]


@pytest.mark.parametrize(
    "line",
    [
        "This is a sentence.",
        "For example:",
        "lease — the right to work",
        "**Source:** [a file](https://docs.example/file)",
        "Words that go on and on, far beyond what the name of anything would ever need to have",
        "```\nterm\n```",
        "- an item",
    ],
)
def test_what_is_no_name_stays_a_statement_or_nothing(line: str) -> None:
    assert about(f"{line}\n\nIt is explained here.")[-1] == ("", "It is explained here.")


def test_a_remark_belongs_to_the_term_above_it() -> None:
    assert about("lease\n\nA right.\n\nNote\n\nIt expires.")[-1] == ("lease", "It expires.")


def test_a_line_at_the_end_is_what_the_passage_says() -> None:
    assert about("A right.\n\nlease") == [("", "A right."), ("", "lease")]


def test_a_row_knows_the_heads_of_its_columns_and_is_named_by_its_first_cell() -> None:
    (row,) = statements("| Name | Size |\n| --- | --- |\n| `bigint` | 8 bytes |")
    assert (row.columns, row.name) == (("Name", "Size"), "`bigint`")


@pytest.mark.parametrize(
    ("term", "name"),
    [
        ("`port` (`integer`)", "`port`"),
        ("random.shuffle(*x*)", "random.shuffle"),
        ("*class* json.Decoder(***, *strict=True*)", "json.Decoder"),
        ("--host=HOST", "--host"),
        ("*emphasised*", "*emphasised*"),
    ],
)
def test_parameters_types_and_kinds_are_no_part_of_a_name(term: str, name: str) -> None:
    assert statements(f"{term}\n\nExplained.")[0].name == name
