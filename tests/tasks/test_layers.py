"""Rules about the code itself: who may write a task's state, and who may import whom."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
WRITES = {
    "save",
    "asave",
    "delete",
    "adelete",
    "update",
    "aupdate",
    "create",
    "acreate",
    "bulk_create",
    "abulk_create",
    "bulk_update",
    "abulk_update",
    "get_or_create",
    "aget_or_create",
    "update_or_create",
    "aupdate_or_create",
}
ENGINE_ROWS = re.compile(
    r"\b(TaskState|StepRun|StepBatch|TaskEvent)\b"
    r"|\b(task|tasks|step|steps|step_run|batch|batches|event|events)\b(\(|\.all|\.filter|\.exclude|\.objects|$)"
)
"""Code whose value is a row, or a set of rows, of the engine."""
TABLES = re.compile(r"\btasks_(taskstate|steprun|stepbatch|taskevent)\b")


def modules(package: str) -> list[Path]:
    return [path for path in (ROOT / package).rglob("*.py") if "migrations" not in path.parts]


def writes_in(source: str) -> list[str]:
    """The calls that write rows of the engine, as they stand in the code."""
    return [
        ast.unparse(node)
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in WRITES
        and ENGINE_ROWS.search(ast.unparse(node.func.value))
    ]


def full_imports_of(path: Path) -> Iterator[str]:
    """The modules that a module imports, or imports from, within functions too."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield node.module or ""


def imports_of(path: Path) -> Iterator[str]:
    """The top-level packages that a module imports."""
    yield from (name.partition(".")[0] for name in full_imports_of(path))


OUTSIDERS = [
    path
    for package in ("tasks", "agents", "agentforge")
    for path in modules(package)
    if ROOT / "tasks" / "lifecycle" not in path.parents
]


@pytest.mark.parametrize("path", OUTSIDERS, ids=lambda path: str(path.relative_to(ROOT)))
def test_nothing_but_the_lifecycle_writes_tasks_steps_and_events(path: Path) -> None:
    source = path.read_text()
    assert writes_in(source) == []
    assert not TABLES.search(source)


@pytest.mark.parametrize(
    "code",
    [
        "TaskState.objects.filter(pk=pk).update(state='FAILED')",
        "TaskState.objects.create(owner=owner)",
        "task.save(update_fields=['state'])",
        "request.task.delete()",
        "task.steps.filter(name='x').update(done=1)",
        "task.events.all().delete()",
        "StepRun.objects.bulk_create(rows)",
        "step.save()",
        "StepBatch.objects.filter(pk=pk).update(state='DONE')",
        "step.batches.all().delete()",
        "self.task.steps.create(name='x')",
    ],
)
def test_the_rule_sees_a_write(code: str) -> None:
    assert writes_in(code) == [code]


@pytest.mark.parametrize("code", ["page.save()", "agent.delete()", "hash.update(b'task')"])
def test_the_rule_leaves_the_rest_alone(code: str) -> None:
    assert writes_in(code) == []


@pytest.mark.parametrize(
    ("package", "forbidden"),
    [
        ("tasks", {"agents", "agentforge", "tests"}),
        ("agents", {"agentforge", "tests"}),
        ("agentforge", {"tests"}),
    ],
)
def test_the_layers_below_know_nothing_of_those_above(package: str, forbidden: set[str]) -> None:
    assert {
        f"{path.relative_to(ROOT)} imports {name}"
        for path in modules(package)
        for name in imports_of(path)
        if name in forbidden
    } == set()


@pytest.mark.parametrize("library", ["agents/crawl", "agents/knowledge", "tasks/outbound"])
def test_the_libraries_know_neither_django_nor_the_engine(library: str) -> None:
    # The leash stands alone.
    assert {
        f"{path.relative_to(ROOT)} imports {name}"
        for path in modules(library)
        for name in full_imports_of(path)
        if re.match(r"(django|tasks)\b(?!\.(outbound|programs\.leash)\b)", name)
    } == set()
