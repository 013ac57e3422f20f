"""`manage.py clean_up`: removes at once what has been kept long enough."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management import BaseCommand

from tasks import retention


class Command(BaseCommand):
    help = "Removes what has been kept for longer than the settings say, and prints what went."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="only print what would go")

    def handle(self, *args: Any, dry_run: bool, **options: Any) -> None:
        counts = retention.due() if dry_run else retention.clean_up()
        for title, count in counts.items():
            self.stdout.write(f"{count:>9} {title}")
