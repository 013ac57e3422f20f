"""From checked parameters to the arguments of a command."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from tasks.errors import PermanentError
from tasks.projects import types
from tasks.projects.config import Limits, ProjectConfig
from tasks.projects.types import Command, TaskType


@pytest.fixture
def config(tmp_path: Path) -> ProjectConfig:
    folder = tmp_path / "input"
    folder.mkdir()
    (folder / "list.xlsx").touch()
    paths = {"input": str(folder)}
    return ProjectConfig("shop", ["python"], str(tmp_path), "", paths, {}, [], Limits())


def line(config: ProjectConfig, name: str, command: str = "", **params: Any) -> list[str]:
    declared = types.get(name).command(command)
    return declared.line(declared.checked(params), config)


def test_a_flag_is_there_or_not(config: ProjectConfig) -> None:
    assert line(config, "seed-db", reset=True) == ["seed-db", "--reset"]
    assert line(config, "seed-db", reset=False) == line(config, "seed-db") == ["seed-db"]


def test_a_file_comes_first_and_as_an_absolute_path(config: ProjectConfig) -> None:
    file = f"{config.paths['input']}/list.xlsx"
    for name in (file, "input/list.xlsx", "input/../input/list.xlsx"):
        assert line(
            config,
            "task-context",
            "import-excel",
            custom_structure=True,
            main_tab="MB Attributes",
            file_path=name,
        ) == [
            "task-context",
            "import-excel",
            file,
            "--main-tab",
            "MB Attributes",
            "--custom-structure",
        ]


def test_a_text_is_one_argument_whatever_it_holds(config: ProjectConfig) -> None:
    text = "a $(touch x); `b` 'c' \"d\"\n* é"
    assert line(config, "agent", "run", input=text, parallel_workers=3) == [
        *("agent", "run", "--input", text),
        *("--parallel-workers", "3"),
    ]


@pytest.mark.parametrize("text", ["--help", "-x", "--", "-"])
def test_a_value_does_not_become_an_option(config: ProjectConfig, text: str) -> None:
    assert line(config, "agent", "run", input=text) == ["agent", "run", f"--input={text}"]


@pytest.mark.parametrize(
    ("name", "code"),
    [("input/none.xlsx", "file_missing"), ("input", "outside"), ("/etc/passwd", "outside")],
)
def test_a_file_must_be_there_and_within_the_paths(
    config: ProjectConfig, name: str, code: str
) -> None:
    with pytest.raises(PermanentError) as refusal:
        line(config, "task-context", "import-excel", file_path=name)
    assert code in refusal.value.code


def test_a_link_that_leads_out_of_the_paths_is_refused(config: ProjectConfig) -> None:
    link = Path(config.paths["input"]) / "link.xlsx"
    link.symlink_to("/etc/passwd")
    with pytest.raises(PermanentError, match="leads out of the project's paths"):
        line(config, "task-context", "import-excel", file_path=str(link))


def test_a_type_needs_names_for_its_commands() -> None:
    for commands in ((), (Command(("a",)), Command(("b",), name="b"))):
        with pytest.raises(ImproperlyConfigured, match="need names of their own"):
            TaskType("broken", "Broken", commands)
