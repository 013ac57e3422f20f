"""Settings from the environment: all of them listed, and a bad one told in a sentence."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest
from django.conf import settings

from agentforge.environment import generated_secret

READ = re.compile(r"\benv\.\w+\(\s*\"([A-Z_]+)\"")
LISTED = re.compile(r"^#?([A-Z_]+)=", re.MULTILINE)


def test_every_variable_that_is_read_is_in_the_example_and_no_other() -> None:
    sources = [
        path.read_text()
        for app in ("agentforge", "agents", "tasks")
        for path in (settings.BASE_DIR / app).rglob("*.py")
    ]
    read = {name for source in sources for name in READ.findall(source)}
    listed = LISTED.findall((settings.BASE_DIR / ".env.example").read_text())
    assert sorted(listed) == sorted(read)


def test_every_variable_of_the_example_has_its_comment() -> None:
    lines = (settings.BASE_DIR / ".env.example").read_text().splitlines()
    for before, line in pairwise(lines):
        if LISTED.match(line):
            assert before.startswith("# ")


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("AGENTFORGE_MAX_PAGES", "many", "AGENTFORGE_MAX_PAGES cannot be 'many'. Write a whole"),
        ("AGENTFORGE_MAX_PAGES", "10", "AGENTFORGE_DEFAULT_PAGES is 500, which is more than"),
        ("AGENTFORGE_PAGE_TIMEOUT", "nan", "Write a number of seconds from 0.1 to 3600."),
        ("AGENTFORGE_RATE_SUBMIT", "fast", "AGENTFORGE_RATE_SUBMIT cannot be 'fast'."),
        ("AGENTFORGE_DESCRIBER", "no.such.Class", "AGENTFORGE_DESCRIBER names a class that"),
        ("AGENTFORGE_PROVIDERS", "cloud=no.such.Class", "class that cannot be imported: No module"),
        ("AGENTFORGE_PROVIDERS", "Cloud!=a.B", "'Cloud!=a.B', which names no provider."),
        ("AGENTFORGE_PROVIDERS", "local=a.B", "names 'local', but there is one already."),
        ("DEBUG", "perhaps", "DEBUG cannot be 'perhaps'. Write true or false."),
        ("LOG_LEVEL", "loud", "LOG_LEVEL cannot be 'loud'. Write one of DEBUG, INFO,"),
        ("DATABASE_URL", "mysql://u:p@127.0.0.1/x", "sqlite://, postgres://, postgresql://."),
        ("REDIS_URL", "http://127.0.0.1/", "REDIS_URL is no URL of a kind that can be used."),
        ("AGENTFORGE_CRAWL_ALLOW_PRIVATE", "10.0.0.0/99", "'10.0.0.0/99', which is no network."),
        ("AGENTFORGE_WEBHOOK_SECRET", "whsec_short", "AGENTFORGE_WEBHOOK_SECRET is no webhook"),
        ("AGENTFORGE_DATA_DIR", "/dev/null/data", "The data directory /dev/null/data cannot be"),
    ],
)
def test_a_bad_value_stops_the_start_with_a_sentence(
    tmp_path: Path, name: str, value: str, sentence: str
) -> None:
    done = subprocess.run(
        [sys.executable, str(settings.BASE_DIR / "manage.py"), "up"],
        env={
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "agentforge.settings",
            "AGENTFORGE_DATA_DIR": str(tmp_path),
            name: value,
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("A setting is wrong. ")
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr


def test_an_unknown_variable_is_named_in_a_warning(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(settings.BASE_DIR / "manage.py"), "check"],
        env={
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "agentforge.settings",
            "AGENTFORGE_DATA_DIR": str(tmp_path),
            "AGENTFORGE_MAX_PAGE": "5",
            "AGENTFORGE_ADMIN_USERNAME": "ada",
        },
        capture_output=True,
        text=True,
        check=True,
    )
    assert "AGENTFORGE_MAX_PAGE is no setting and changes nothing" in done.stderr
    assert done.stderr.count("is no setting") == 1


def test_a_generated_secret_stays_the_same_and_private(tmp_path: Path) -> None:
    path = tmp_path / "data" / "secret_key"
    first = generated_secret(path)
    assert len(first) >= 50
    assert generated_secret(path) == first
    assert path.stat().st_mode & 0o077 == 0
