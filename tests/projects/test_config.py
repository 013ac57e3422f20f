"""`GET /projects/{name}`, and how secrets are kept."""

from __future__ import annotations

from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.contrib.auth.models import Permission, User
from django.core.management import CommandError, call_command
from django.db import connection
from rest_framework.test import APIClient

from tasks.projects.config import ProjectConfig
from tasks.projects.models import Project
from tasks.projects.sealing import WrongKey
from tests.api.answers import error
from tests.api.conftest import client_of
from tests.projects.conftest import CONNECTION, SECRET

pytestmark = pytest.mark.django_db


def test_a_worker_gets_everything(stranger: User, project: Project) -> None:
    stranger.user_permissions.add(Permission.objects.get(codename="read_secrets"))
    answer = client_of(stranger).get("/projects/shop")
    assert answer["Cache-Control"] == "no-store"
    assert answer.json() == {
        "name": "shop",
        "command": ["python", "agent.py"],
        "working_directory": project.working_directory,
        "db_conn": CONNECTION,
        "paths": project.paths,
        "env": {"API_KEY": SECRET, "REGION": "eu-1"},
        "secrets": ["API_KEY"],
        "limits": {"seconds": 60, "memory_mb": None, "processes": None, "output_mb": None},
    }
    assert ProjectConfig.from_json(answer.json()) == ProjectConfig.of(project)


def test_a_member_gets_it_without_secrets(api_client: APIClient, project: Project) -> None:
    answer = api_client.get("/projects/shop/").json()
    assert answer["db_conn"] == "postgres://***@db.example.com/shop"
    assert answer["env"] == {"API_KEY": "***", "REGION": "eu-1"}


def test_for_others_there_is_none(stranger_client: APIClient, project: Project) -> None:
    assert error(stranger_client.get("/projects/shop"), 404) == error(
        stranger_client.get("/projects/none"), 404
    )
    assert APIClient().get("/projects/shop").status_code == 401


def test_nothing_secret_stands_in_the_database(project: Project) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT sealed_value FROM projects_variable")
        stored = str(cursor.fetchall())
        cursor.execute("SELECT * FROM projects_project")
        stored += str(cursor.fetchall())
    assert "gAAAA" in stored
    assert SECRET not in stored
    assert "hunter2" not in stored


def test_a_key_is_changed_without_a_gap(
    api_client: APIClient, project: Project, settings: Any
) -> None:
    old, new = settings.AGENTFORGE_PROJECT_KEY, Fernet.generate_key().decode()
    settings.AGENTFORGE_PROJECT_KEY = f"{new} {old}"
    assert Project.objects.get().db_conn == CONNECTION
    call_command("reseal_projects")
    settings.AGENTFORGE_PROJECT_KEY = new
    assert Project.objects.get().db_conn == CONNECTION
    assert ProjectConfig.of(Project.objects.get()).env["API_KEY"] == SECRET
    settings.AGENTFORGE_PROJECT_KEY = old
    with pytest.raises(WrongKey, match="AGENTFORGE_PROJECT_KEY"):
        _ = Project.objects.get().db_conn
    assert error(api_client.get("/projects/shop"), 409)[1] == "wrong_key"
    with pytest.raises(CommandError, match="Nothing was changed"):
        call_command("reseal_projects")
