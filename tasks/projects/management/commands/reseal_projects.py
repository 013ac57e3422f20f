"""`manage.py reseal_projects`: encrypt the secrets of all projects with the newest key."""

from __future__ import annotations

from typing import Any

from django.core.management import BaseCommand, CommandError
from django.db import transaction

from tasks.management.tables import require_tables
from tasks.projects.models import Project, Variable
from tasks.projects.sealing import WrongKey, reseal


class Command(BaseCommand):
    help = "Encrypts the secrets of all projects with the first key of AGENTFORGE_PROJECT_KEY."

    def handle(self, *args: Any, **options: Any) -> None:
        require_tables()
        try:
            with transaction.atomic():
                count = _reseal_all()
        except WrongKey as error:
            raise CommandError(f"Nothing was changed. {error}") from error
        self.stdout.write(f"{count} secrets are encrypted with the first key now.")


def _reseal_all() -> int:
    projects = list(Project.objects.select_for_update().exclude(sealed_db_conn=""))
    variables = list(Variable.objects.select_for_update().exclude(sealed_value=""))
    for project in projects:
        project.sealed_db_conn = reseal(project.sealed_db_conn)
        project.save(update_fields=["sealed_db_conn"])
    for variable in variables:
        variable.sealed_value = reseal(variable.sealed_value)
        variable.save(update_fields=["sealed_value"])
    return len(projects) + len(variables)
