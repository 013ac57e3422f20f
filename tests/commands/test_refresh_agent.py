"""`manage.py refresh_agent`."""

from __future__ import annotations

from io import StringIO
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command

from tasks.models import TaskState
from tests.dashboard.builds import ready_agent
from tests.site import Site
from tests.stack import Stack

SOURCE = {"urls": ["https://docs.example.com/"]}


@pytest.mark.django_db
def test_a_refresh_is_queued_and_its_id_printed_and_another_is_refused(staff: User) -> None:
    agent = ready_agent(staff, source=SOURCE)
    stdout = StringIO()
    call_command("refresh_agent", str(agent.pk), stdout=stdout)
    task = TaskState.objects.get(pk=stdout.getvalue().strip())
    assert (task.workflow, task.params) == ("refresh-agent", {"agent_id": str(agent.pk)})
    with pytest.raises(CommandError, match=str(task.pk)):
        call_command("refresh_agent", str(agent.pk))


@pytest.mark.django_db
def test_an_agent_that_is_not_there_or_not_theirs_is_refused(staff: User, user: User) -> None:
    with pytest.raises(CommandError, match="There is no agent"):
        call_command("refresh_agent", str(uuid4()))
    agent = ready_agent(staff, source=SOURCE)
    with pytest.raises(CommandError, match="that user may refresh"):
        call_command("refresh_agent", str(agent.pk), "--owner=user")


@pytest.mark.services
def test_a_watched_refresh_is_followed_to_its_end(stack: Stack, site: Site) -> None:
    site.pages["/"] = "<title>Ferns</title><main><p>Ferns reproduce by spores.</p></main>"
    built = stack.manage("build_agent", f"{site.url}/", "--watch").rpartition(" ")[2]
    site.pages["/"] = "<title>Ferns</title><main><p>Ferns grow best in the shade.</p></main>"
    printed = stack.manage("refresh_agent", built, "--watch")
    assert printed.splitlines()[-1] == f"agent_id: {built}"
    assert "1 pages changed, 0 new, 0 gone, 0 unchanged; 1 read." in printed
    with stack.client() as client:
        found = client.get(f"/agents/{built}/search", params={"q": "ferns"}).json()["results"]
    assert [hit["text"] for hit in found] == ["Ferns grow best in the shade."]
