"""With `--custom-structure`, the workbook's own list of columns says how its table is read."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.program import Program, Run
from tests.cli.workbooks import Cells, workbook

pytestmark = pytest.mark.services

LIST: list[Cells] = [
    ["Column", "Type", "Required", "Name"],
    ["Artnr", "text", "yes", "Item"],
    ["VK", "number", None, "Price"],
]
TABLE: list[Cells] = [["Artnr", "VK", "Internal"], [4711, "1,250.50", "secret"], [4712, 3, "no"]]


def imported(program: Program, tmp_path: Path, table: list[Cells], listed: list[Cells]) -> Run:
    path = workbook(tmp_path / "list.xlsx", {"Main": table, "Structure": listed})
    return program("task-context", "import-excel", str(path), "--custom-structure")


def test_columns_are_named_typed_and_left_out_as_it_says(program: Program, tmp_path: Path) -> None:
    run = imported(program, tmp_path, TABLE, LIST)
    assert run.result["columns"] == [
        {"name": "Item", "type": "text"},
        {"name": "Price", "type": "number"},
    ]
    (answer,) = program("agent", "run", "--input", "Price of 4711?").result["answers"]
    assert [one["quote"] for one in answer["citations"]] == ["Item: 4711; Price: 1250.50"]


def test_a_row_without_a_value_that_is_required_is_bad(program: Program, tmp_path: Path) -> None:
    run = imported(program, tmp_path, [*TABLE, [None, 5, "x"]], LIST)
    assert "Row 4 is left out. A4: Item is missing" in run.lines


def test_the_header_is_the_row_with_all_its_columns(program: Program, tmp_path: Path) -> None:
    titles: list[Cells] = [["One", "Two", "Three", "Four"], ["a", "b", "c", "d"]]
    run = imported(program, tmp_path, [*titles, *TABLE], LIST)
    assert ("The header is row 3." in run.lines, run.result["rows"]) == (True, 2)


@pytest.mark.parametrize(
    ("listed", "sentence"),
    [
        ([["Field", "Kind"], ["a", "b"]], "has no columns named Column and Type"),
        ([["Column", "Type"], [None, "text"]], "lists no column"),
        (
            [["Column", "Type"], ["Artnr", "money"]],
            "row 2: 'money' is no type. Known types: yes/no",
        ),
        ([["Column", "Type", "Required"], ["Artnr", "text", "maybe"]], "Write yes or no."),
        ([["Column", "Type"], ["Artnr", "text"], ["EK", "number"]], "missing: EK."),
    ],
)
def test_a_list_that_cannot_be_used_is_refused_with_the_reason(
    program: Program, tmp_path: Path, listed: list[Cells], sentence: str
) -> None:
    run = imported(program, tmp_path, TABLE, listed)
    assert (run.code, sentence in run.error) == (1, True), run.error


def test_without_the_tab_the_option_is_refused(program: Program, tmp_path: Path) -> None:
    path = workbook(tmp_path / "list.xlsx", {"Main": TABLE})
    run = program("task-context", "import-excel", str(path), "--custom-structure")
    assert (run.code, "needs a tab Structure" in run.error) == (1, True)
