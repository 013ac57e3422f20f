"""`manage.py api_token`: a new bearer token for a user, alone on stdout."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.contrib.auth.models import User
from django.core.management import BaseCommand, CommandError

from tasks import tokens
from tasks.management.tables import require_tables


class Command(BaseCommand):
    help = "Prints a new API token of a user. It is shown this once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--name", default="", help="what the token is for")

    def handle(self, *args: Any, username: str, name: str, **options: Any) -> None:
        require_tables()
        user = User.objects.filter(username=username, is_active=True).first()
        if user is None:
            raise CommandError(
                f"There is no active user {username!r}. "
                "Create one with: python manage.py createsuperuser"
            )
        _, plaintext = tokens.issue(user, name, by="manage.py")
        self.stdout.write(plaintext)
