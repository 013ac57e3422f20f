"""What must be right before anything is started; each fault is told in a sentence."""

from __future__ import annotations

import sys
from pathlib import Path

from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection
from kombu import Connection

from agentforge.embedded.ports import why_not
from agentforge.environment import kombu_url

ANSWER_WITHIN = 3
"""Seconds that a broker gets to accept a connection."""


def check_port(host: str, port: int) -> None:
    """Refuse an address that the web server could not listen on."""
    if not 0 < port < 65536:
        raise CommandError(f"--port {port} is no port. Choose one between 1 and 65535.")
    if reason := why_not(host, port):
        other = port + 1000 if port + 1000 < 65536 else 9000
        raise CommandError(
            f"Port {port} of {host} cannot be used: {reason}. "
            f"This chooses another port: {python()} manage.py up --port {other}"
        )


def python() -> str:
    """How the shell in this directory calls the Python that runs here."""
    path = Path(sys.executable)
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)


def check_concurrency(concurrency: int) -> None:
    """Refuse a worker that could run nothing."""
    if concurrency < 1:
        raise CommandError(f"--concurrency {concurrency} runs nothing. Choose 1 or more.")


def check_server(name: str, url: str) -> None:
    """Refuse a broker or Redis, given by the setting `name`, that does not answer."""
    try:
        server = Connection(kombu_url(url), connect_timeout=ANSWER_WITHIN)
        server.ensure_connection(max_retries=1, timeout=ANSWER_WITHIN)
        server.release()
    except Exception as error:  # each transport raises classes of its own
        raise CommandError(
            f"{name} ({masked(url)}) does not answer: {error}. "
            f"Start that server, or correct {name}; without it, an embedded Valkey is used."
        ) from error


def masked(url: str) -> str:
    """The URL without its password; of one that cannot be read, nothing."""
    try:
        return str(Connection(kombu_url(url)).as_uri(include_password=False))
    except Exception:  # the same classes as above
        return "unreadable"


def prepare_database() -> None:
    """Bring the database up to date."""
    try:
        call_command("migrate", interactive=False, verbosity=0)
    except DatabaseError as error:
        raise CommandError(
            f"The database cannot be used: {str(error).strip()}. Check DATABASE_URL."
        ) from error
    finally:
        connection.close()
