"""What the documentation states and the code can confirm."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.conf import settings

from agentforge.guide_pages import DOCS
from agents.crawl import traps
from agents.crawl.results import Refusal
from agents.models import PageStatus
from agents.pipeline import BUILD_AGENT, REFRESH_AGENT
from tasks.states import TRANSITIONS, EventType, StepState
from tasks.workflows import Workflow

ROOT: Path = settings.BASE_DIR


def rows(document: str, section: str) -> dict[str, str]:
    """The rest of each table row of a section, by its first cell."""
    text = (DOCS / document).read_text().partition(f"\n## {section}\n")[2].partition("\n## ")[0]
    return dict(re.findall(r"^\| `?([\w-]+)`? \| (.+) \|$", text, re.MULTILINE))


def test_settings_and_env_example_list_the_same_variables() -> None:
    documented = re.findall(r"^\| `([A-Z_]+)` \|", (DOCS / "settings.md").read_text(), re.MULTILINE)
    listed = re.findall(r"^#? ?([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE)
    assert sorted(documented) == sorted(listed)


def test_every_state_of_a_task_stands_with_what_can_follow_it() -> None:
    states = rows("life-cycle.md", "The states")
    for state, targets in TRANSITIONS.items():
        last_cell = states[state].rpartition("|")[2]
        assert set(re.findall(r"`(\w+)`", last_cell)) == set(targets)


def test_every_state_of_a_step_is_explained() -> None:
    assert {*rows("life-cycle.md", "Steps")} - {"state"} == {*StepState}


def test_every_type_of_event_is_explained() -> None:
    assert {*rows("life-cycle.md", "Events")} - {"type"} == {*EventType}


def test_every_status_of_a_page_is_explained() -> None:
    assert {*rows("agents.md", "What becomes of each page")} - {"status"} == {*PageStatus}


def test_every_kind_of_trap_is_explained() -> None:
    documented = re.findall(r"^\| `(trap_\w+)` \|", (DOCS / "agents.md").read_text(), re.MULTILINE)
    refusals = [value.code for value in vars(traps).values() if isinstance(value, Refusal)]
    assert sorted(documented) == sorted(refusals)


@pytest.mark.parametrize(
    ("section", "workflow"),
    [("The seven steps of a build", BUILD_AGENT), ("Refreshing an agent", REFRESH_AGENT)],
    ids=["build", "refresh"],
)
def test_the_steps_of_a_workflow_stand_with_their_weights(section: str, workflow: Workflow) -> None:
    documented = {
        name: int(cells.split("|")[0])
        for name, cells in rows("agents.md", section).items()
        if name != "step"
    }
    assert documented == {step.name: step.weight for step in workflow.steps}


def test_the_files_that_the_checklists_name_are_there() -> None:
    for name in ("add-a-step.md", "add-a-workflow.md", "add-a-task-type.md", "add-a-provider.md"):
        checklist = (DOCS / name).read_text().partition("## The checklist")[2].partition("##")[0]
        for path in re.findall(r"`([\w-]+/[\w./-]+\.\w+)`", checklist):
            assert (ROOT / path).exists(), f"{name} names {path}"
