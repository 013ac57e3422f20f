"""A project, and who may use it."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.contrib.auth.models import User

from tasks.projects.models import Project, Variable
from tests.api.conftest import staff_client, stranger, stranger_client

__all__ = ["staff_client", "stranger", "stranger_client"]

CONNECTION = "postgres://shop:hunter2-hunter2@db.example.com/shop"
SECRET = "s3cr3t-value"


@pytest.fixture
def project(user: User, tmp_path: Path) -> Project:
    """The project `shop`, of which `user` is a member: its directory holds a folder `input`."""
    (tmp_path / "input").mkdir()
    project = Project(
        name="shop",
        command=["python", "agent.py"],
        working_directory=str(tmp_path),
        paths={"input": str(tmp_path / "input")},
        max_seconds=60,
    )
    project.db_conn = CONNECTION
    project.save()
    project.members.add(user)
    for name, value, is_secret in (("API_KEY", SECRET, True), ("REGION", "eu-1", False)):
        variable = Variable(project=project, name=name, is_secret=is_secret)
        variable.value = value
        variable.save()
    return project
