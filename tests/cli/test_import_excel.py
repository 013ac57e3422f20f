"""`task-context import-excel` reads the table in a workbook, and tells what is wrong in it."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

import pytest

from tests.cli.program import Program, Run
from tests.cli.workbooks import Cells, claim_to_be_small, workbook

pytestmark = pytest.mark.services

HEADER = ["Item", "Price", "Stock", "Since", "Sold out"]
FIRST = ["Kettle", 24.5, 3, datetime.date(2026, 1, 31), False]
SECOND = ["Lamp", 7, 0, datetime.datetime(2025, 5, 1), True]


def imported(program: Program, path: Path, *options: str) -> Run:
    return program("task-context", "import-excel", str(path), *options)


def rows(tmp_path: Path, *cells: Cells, name: str = "list.xlsx") -> Path:
    return workbook(tmp_path / name, {"Things": cells})


def found(program: Program, question: str) -> list[Any]:
    """What an answer quotes."""
    (answer,) = program("agent", "run", "--input", question).result["answers"]
    return [citation["quote"] for citation in answer["citations"]]


def test_each_row_becomes_a_line_with_the_columns_names(program: Program, tmp_path: Path) -> None:
    run = imported(program, rows(tmp_path, HEADER, FIRST, SECOND))
    assert (run.code, run.result["rows"], run.result["bad_rows"]) == (0, 2, 0)
    assert found(program, "Is the kettle sold out?") == [
        "Item: Kettle; Price: 24.5; Stock: 3; Since: 2026-01-31; Sold out: no"
    ]


def test_the_types_of_the_columns_are_found_out(program: Program, tmp_path: Path) -> None:
    run = imported(program, rows(tmp_path, HEADER, FIRST, SECOND))
    assert [column["type"] for column in run.result["columns"]] == [
        "text",
        "number",
        "whole number",
        "date",
        "yes/no",
    ]


def test_the_header_is_found_below_a_title(program: Program, tmp_path: Path) -> None:
    path = rows(tmp_path, ["Our things", "2026"], [], [None, "as of May"], HEADER, FIRST, SECOND)
    run = imported(program, path)
    assert "The header is row 4." in run.lines
    assert run.result["rows"] == 2


def test_rows_of_text_are_not_taken_for_the_header(program: Program, tmp_path: Path) -> None:
    run = imported(program, rows(tmp_path, ["Name", "Colour"], ["Kettle", "red"], ["Lamp", "blue"]))
    assert "The header is row 1." in run.lines


def test_a_bad_cell_is_named_and_its_row_left_out(program: Program, tmp_path: Path) -> None:
    good = [[f"Thing {number}", number] for number in range(30)]
    path = rows(tmp_path, ["Item", "Price"], *good, ["Odd", "ask us"], ["Broken", "#DIV/0!"])
    run = imported(program, path)
    assert (run.result["rows"], run.result["bad_rows"]) == (30, 2)
    assert "Row 32 is left out. B32: Price: 'ask us' is no number" in run.lines
    assert "Row 33 is left out. B33: Price: '#DIV/0!' is the error of a formula" in run.lines
    assert found(program, "What does Odd cost?") == []


def test_a_column_of_many_kinds_is_text(program: Program, tmp_path: Path) -> None:
    run = imported(program, rows(tmp_path, ["Item", "Size"], ["A", 4], ["B", "large"], ["C", 5]))
    assert (run.result["columns"][1]["type"], run.result["rows"]) == ("text", 3)


def test_many_bad_rows_are_counted_and_not_all_shown(program: Program, tmp_path: Path) -> None:
    good = [[f"Thing {number}", number] for number in range(1200)]
    bad = [[f"Odd {number}", "x"] for number in range(130)]
    run = imported(program, rows(tmp_path, ["Item", "Price"], *good, *bad))
    assert run.result["bad_rows"] == 130
    assert sum("is left out" in line for line in run.lines) == 100
    assert "More bad rows are counted, and not shown." in run.lines


def test_empty_rows_are_no_rows(program: Program, tmp_path: Path) -> None:
    run = imported(program, rows(tmp_path, HEADER, FIRST, [], [None, " "], SECOND))
    assert (run.result["rows"], run.result["bad_rows"]) == (2, 0)


def test_columns_without_a_name_and_names_that_come_twice_are_told_apart(
    program: Program, tmp_path: Path
) -> None:
    path = rows(tmp_path, ["Name", "name", "Size", None], ["a", "b", 1, "here"])
    names = [column["name"] for column in imported(program, path).result["columns"]]
    assert names == ["Name", "name (2)", "Size", "Column D"]


def test_the_same_table_again_takes_the_place_of_the_first(
    program: Program, tmp_path: Path
) -> None:
    imported(program, rows(tmp_path, HEADER, FIRST, SECOND))
    imported(program, rows(tmp_path, HEADER, SECOND))
    assert program("seed-db").result["rows"] == 1
    assert found(program, "Is the kettle sold out?") == []


def test_an_import_that_fails_leaves_the_former_table(program: Program, tmp_path: Path) -> None:
    imported(program, rows(tmp_path, HEADER, FIRST))
    run = imported(program, rows(tmp_path, HEADER, [None, "#REF!"]))
    assert run.code == 1
    assert "No row was imported: 1 are bad" in run.error
    assert program("seed-db").result["rows"] == 1


def test_the_main_tab_is_chosen_by_its_name_whatever_the_case(
    program: Program, tmp_path: Path
) -> None:
    tabs: dict[str, list[Cells]] = {"Cover": [["Hello"]], "MB Attributes": [HEADER, FIRST]}
    path = workbook(tmp_path / "list.xlsx", tabs)
    assert imported(program, path, "--main-tab", "mb attributes ").result["tab"] == "MB Attributes"


def test_without_a_name_it_is_the_first_that_is_not_hidden(
    program: Program, tmp_path: Path
) -> None:
    tabs: dict[str, list[Cells]] = {"Old": [HEADER, FIRST], "New": [HEADER, SECOND]}
    path = workbook(tmp_path / "list.xlsx", tabs, hidden="Old")
    assert imported(program, path).result["tab"] == "New"


def test_rows_beyond_what_the_file_says_of_its_size_are_read(
    program: Program, tmp_path: Path
) -> None:
    path = claim_to_be_small(rows(tmp_path, HEADER, FIRST, SECOND))
    assert imported(program, path).result["rows"] == 2


def test_the_lines_say_how_far_it_is(program: Program, tmp_path: Path) -> None:
    run = imported(program, rows(tmp_path, HEADER, FIRST, SECOND))
    assert any(line.startswith("Processing row 3") for line in run.lines)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"\xd0\xcf\x11\xe0" + bytes(600), "is encrypted, or a workbook of Excel before 2007"),
        (b"Item;Price\nKettle;3\n", "cannot be read as a workbook"),
        (b"", "cannot be read as a workbook"),
        (None, "There is no file"),
    ],
    ids=["encrypted", "csv", "empty", "missing"],
)
def test_what_is_no_workbook_is_refused_with_its_name(
    program: Program, tmp_path: Path, content: bytes | None, sentence: str
) -> None:
    path = tmp_path / "list.xlsx"
    if content is not None:
        path.write_bytes(content)
    run = imported(program, path)
    assert (run.code, sentence in run.error, "list.xlsx" in run.error) == (1, True, True)


def test_an_unknown_tab_is_answered_with_those_that_there_are(
    program: Program, tmp_path: Path
) -> None:
    tabs: dict[str, list[Cells]] = {"Cover": [["Hello"]], "Prices": [HEADER, FIRST]}
    path = workbook(tmp_path / "list.xlsx", tabs)
    run = imported(program, path, "--main-tab", "Price")
    assert (run.code, "no tab 'Price'" in run.error, "Cover, Prices" in run.error) == (
        1,
        True,
        True,
    )


@pytest.mark.parametrize("cells", [[], [[1, 2], [3, 4]], [["Name", "Price"]]])
def test_a_tab_without_a_table_is_refused(
    program: Program, tmp_path: Path, cells: list[Cells]
) -> None:
    run = imported(program, workbook(tmp_path / "list.xlsx", {"Things": cells, "Other": []}))
    assert (run.code, "No header is found in the tab Things" in run.error) == (1, True)
    assert "--main-tab: Other" in run.error


def test_a_database_that_is_not_prepared_is_named(unprepared: Program, tmp_path: Path) -> None:
    run = imported(unprepared, rows(tmp_path, HEADER, FIRST))
    assert (run.code, "is not prepared. Run seed-db first." in run.error) == (1, True)
