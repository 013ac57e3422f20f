"""`manage.py build_agent`."""

from __future__ import annotations

from contextlib import nullcontext
from io import StringIO

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command

from agentforge.embedded.background import BackgroundError
from tasks import pulse
from tasks.models import TaskState
from tests.site import Site
from tests.stack import Stack
from tests.valkey import broker_at

ARTICLE = """<html><head><title>Ferns</title></head><body><main><h1>Ferns</h1>
<p>Ferns reproduce by spores, which they carry on the underside of their leaves. A fern needs
shade and moist soil, and it grows best where the ground never dries out completely.</p>
</main></body></html>"""


@pytest.mark.django_db
def test_a_build_is_queued_and_its_id_printed(staff: User) -> None:
    stdout = StringIO()
    call_command(
        "build_agent",
        "http://127.0.0.1:61009/docs/",
        "--name=Ferns",
        "--max-pages=7",
        "--render=never",
        stdout=stdout,
    )
    task = TaskState.objects.get(pk=stdout.getvalue().strip())
    assert task.owner == staff
    assert (task.params["name"], task.params["max_pages"]) == ("Ferns", 7)
    assert task.params["render"] == "never"


@pytest.mark.django_db
def test_the_owner_can_be_named(user: User, staff: User) -> None:
    call_command("build_agent", "http://127.0.0.1:61009/", "--owner=user", stdout=StringIO())
    assert TaskState.objects.get().owner == user


@pytest.mark.django_db
def test_refused_parameters_are_named(staff: User) -> None:
    with pytest.raises(CommandError, match=r"urls"):
        call_command("build_agent", "ftp://example.com/")
    assert not TaskState.objects.exists()


@pytest.mark.django_db
def test_without_a_superuser_the_error_says_how_to_create_one() -> None:
    with pytest.raises(CommandError, match=r"no active superuser.*manage\.py createsuperuser"):
        call_command("build_agent", "http://127.0.0.1:61009/")


@pytest.mark.django_db
@pytest.mark.parametrize("watch", [False, True])
def test_without_a_broker_the_build_is_saved_and_its_wait_explained(
    staff: User, watch: bool
) -> None:
    stderr = StringIO()
    arguments = ["build_agent", "http://127.0.0.1:61009/", *(["--watch"] if watch else [])]
    refusal = pytest.raises(CommandError, match="make up") if watch else nullcontext()
    with broker_at("redis://127.0.0.1:1/0"), refusal:
        call_command(*arguments, stdout=StringIO(), stderr=stderr)
    assert ("AgentForge is not running" in stderr.getvalue()) != watch
    assert TaskState.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize("consumed", [False, True])
def test_a_broker_without_a_worker_is_told(staff: User, valkey: str, consumed: bool) -> None:
    if consumed:
        pulse.record(pulse.SWEEP)
    stderr = StringIO()
    call_command("build_agent", "http://127.0.0.1:61009/", stdout=StringIO(), stderr=stderr)
    assert ("no worker has taken anything" in stderr.getvalue()) != consumed
    assert TaskState.objects.count() == 1


@pytest.mark.services
def test_a_watched_build_is_followed_to_its_agent(stack: Stack, site: Site) -> None:
    site.pages["/"] = ARTICLE
    printed = stack.manage("build_agent", f"{site.url}/", "--watch").splitlines()
    percents = [float(line.split()[0]) for line in printed[1:-1]]
    assert percents == sorted(percents)
    assert percents[-1] == 100
    assert percents.count(100) == 1
    assert len(set(printed)) == len(printed)
    assert printed[-1].startswith("agent_id: ")


@pytest.mark.services
def test_a_watched_build_that_fails_exits_with_the_reason(stack: Stack, site: Site) -> None:
    with pytest.raises(BackgroundError, match="The build is FAILED"):
        stack.manage("build_agent", f"{site.url}/missing", "--watch")
