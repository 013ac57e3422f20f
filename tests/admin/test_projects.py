"""Projects in the admin: secrets go in and never come out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from tasks.models import AuditEntry
from tasks.projects.models import Project
from tests.dashboard.html import one, page, texts
from tests.projects.conftest import CONNECTION, SECRET, project

__all__ = ["project"]

LIST = "/admin/projects/project/"
FORM = {
    "name": "shop",
    "command": '["python", "agent.py"]',
    "working_directory": "/srv/shop",
    "paths": "{}",
    "variables-TOTAL_FORMS": "1",
    "variables-INITIAL_FORMS": "0",
    "variables-0-name": "API_KEY",
    "variables-0-value": SECRET,
    "variables-0-is_secret": "on",
    "db_conn": CONNECTION,
}


def form_of(project: Project, **changes: Any) -> dict[str, Any]:
    """What a browser sends back that was shown the project."""
    kept: dict[str, Any] = {
        "variables-TOTAL_FORMS": "2",
        "variables-INITIAL_FORMS": "2",
        "db_conn": "",
        "paths": '{"input": "/srv/input"}',
        "working_directory": project.working_directory,
    }
    for number, variable in enumerate(project.variables.all()):
        prefix = f"variables-{number}"
        kept |= {
            f"{prefix}-id": variable.pk,
            f"{prefix}-project": project.pk,
            f"{prefix}-name": variable.name,
            f"{prefix}-value": "" if variable.is_secret else variable.value,
        }
        if variable.is_secret:
            kept[f"{prefix}-is_secret"] = "on"
    return {**FORM, **kept, **changes}


def test_a_project_is_made_with_its_secrets(admin_browser: Client) -> None:
    assert admin_browser.post(f"{LIST}add/", FORM).status_code == 302
    project = Project.objects.get()
    assert (project.db_conn, project.variables.get().value) == (CONNECTION, SECRET)


def test_secrets_are_not_shown(admin_browser: Client, project: Project) -> None:
    shown = admin_browser.get(f"{LIST}{project.pk}/change/").content.decode()
    assert "postgres://***@db.example.com/shop" in shown
    assert "eu-1" in shown
    assert "hunter2" not in shown
    assert SECRET not in shown


def test_what_is_left_empty_is_kept(admin_browser: Client, project: Project) -> None:
    address = f"{LIST}{project.pk}/change/"
    assert admin_browser.post(address, form_of(project)).status_code == 302
    kept = Project.objects.get()
    assert kept.paths == {"input": "/srv/input"}
    assert kept.db_conn == CONNECTION
    assert {v.name: v.value for v in kept.variables.all()} == {"API_KEY": SECRET, "REGION": "eu-1"}


def test_secrets_are_replaced_and_forgotten(admin_browser: Client, project: Project) -> None:
    changes = {"variables-0-value": "new-value", "forget_db_conn": "on"}
    admin_browser.post(f"{LIST}{project.pk}/change/", form_of(project, **changes))
    changed = Project.objects.get()
    assert (changed.db_conn, changed.variables.get(name="API_KEY").value) == ("", "new-value")


def test_a_secret_does_not_show_itself_by_a_click(admin_browser: Client, project: Project) -> None:
    form = form_of(project)
    del form["variables-0-is_secret"]
    answer = admin_browser.post(f"{LIST}{project.pk}/change/", form)
    assert "Enter the value again" in answer.content.decode()
    assert project.variables.get(name="API_KEY").is_secret


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("name", "Shop!", "Use lower-case letters"),
        ("command", '"python agent.py"', "Write a list of texts"),
        ("command", '["python", 3]', "Write a list of texts"),
        ("working_directory", "srv/shop", "Write an absolute path"),
        ("paths", '["/srv"]', "Write an object of names"),
        ("paths", '{"input": "srv"}', "Write an object of names"),
        ("variables-0-name", "A-B", "Use letters, digits and underscores"),
        ("variables-0-name", "AGENTFORGE_PATHS", "are set for you"),
        ("max_seconds", "0", "greater than or equal to 1"),
    ],
)
def test_what_cannot_work_is_refused(
    admin_browser: Client, field: str, value: str, sentence: str, tmp_path: Path
) -> None:
    answer = admin_browser.post(f"{LIST}add/", {**FORM, field: value})
    assert sentence in answer.content.decode()
    assert not Project.objects.exists()


def acts(project_id: int) -> list[tuple[str, dict[str, Any]]]:
    entries = AuditEntry.objects.filter(object_model="projects.project", object_id=project_id)
    return list(entries.order_by("pk").values_list("action", "details"))


def test_each_change_is_in_the_audit_trail(admin_browser: Client, project: Project) -> None:
    page = f"{LIST}{project.pk}/change/"
    changed = form_of(project, **{"variables-0-value": "n3w-s3cr3t", "working_directory": "/srv"})
    assert admin_browser.post(page, changed).status_code == 302
    assert admin_browser.post(f"{LIST}{project.pk}/delete/", {"post": "yes"}).status_code == 302
    (change, details), (delete, _) = acts(project.pk)
    assert (change, delete) == ("change", "delete")
    assert {"API_KEY", "working_directory"} <= set(details["fields"])
    assert "n3w-s3cr3t" not in str(details)


def test_so_is_who_made_it(admin_browser: Client) -> None:
    admin_browser.post(f"{LIST}add/", FORM)
    assert [act for act, _ in acts(Project.objects.get().pk)] == ["add"]


def test_members_are_named_one_a_line(
    admin_browser: Client, staff: User, user: User, project: Project
) -> None:
    address = f"{LIST}{project.pk}/change/"
    assert one(page(admin_browser.get(address)), "textarea[name=members]").text.strip() == "user"
    assert admin_browser.post(address, form_of(project, members="staff\nuser")).status_code == 302
    assert set(project.members.all()) == {staff, user}
    assert [name for _, details in acts(project.pk) for name in details["fields"]].count(
        "members"
    ) == 1
    said = page(admin_browser.post(address, form_of(project, members="nobody")))
    assert texts(said, ".field-members .errorlist li") == ["There is no user with the name nobody."]
    assert project.members.count() == 2


def test_members_that_stay_are_no_change(
    admin_browser: Client, user: User, project: Project
) -> None:
    changes = {"members": "user", "working_directory": "/srv"}
    admin_browser.post(f"{LIST}{project.pk}/change/", form_of(project, **changes))
    ((_, details),) = acts(project.pk)
    assert "working_directory" in details["fields"]
    assert "members" not in details["fields"]


def test_every_field_of_a_variable_is_named_for_a_screen_reader(admin_browser: Client) -> None:
    fields = page(admin_browser.get(f"{LIST}add/")).select("#variables-0 input:not([type=hidden])")
    assert [field["aria-label"] for field in fields] == ["Name", "Value", "Secret"]
