"""The validate step: it refuses private hosts by their addresses, and waits for no name server."""

from __future__ import annotations

import asyncio
import socket
import threading
from contextlib import closing
from typing import Any

import pytest
from django.contrib.auth.models import User

from agents.models import AgentRecord
from agents.steps import validate as validate_step
from tasks import lifecycle
from tasks.context import StepContext
from tasks.errors import PermanentError
from tasks.interrupt import Interrupt

pytestmark = pytest.mark.django_db(transaction=True)

ADDRESSES = {
    "intranet.example": ["10.0.0.7"],
    "both.example": ["10.0.0.7", "93.184.215.14"],
    "public.example": ["93.184.215.14"],
}


@pytest.fixture(autouse=True)
def _name_server(monkeypatch: pytest.MonkeyPatch, release: threading.Event) -> None:
    """Knows `ADDRESSES`, is silent about `silent.example`, and knows nothing else."""

    def look_up(host: str, port: int, *_: Any) -> list[Any]:
        if host == "silent.example":
            assert release.wait(10), "nobody should have waited for this answer"
        if host not in ADDRESSES:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        kind = (socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "")
        return [(*kind, (address, port)) for address in ADDRESSES[host]]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)


def validate(owner: User, *hosts: str) -> dict[str, Any]:
    """The step's output for a build that starts at these hosts."""
    params = {"urls": [f"https://{host}/" for host in hosts], "name": ""}
    task = lifecycle.submit("build-agent", params, owner).task
    claim = lifecycle.claim(task.pk, task.run, "validate", "")
    with closing(StepContext(claim, Interrupt())) as ctx:
        return asyncio.run(validate_step.validate(ctx))


def test_a_name_of_private_addresses_only_is_refused(user: User) -> None:
    with pytest.raises(PermanentError, match=r"urls: intranet\.example is a name of a private"):
        validate(user, "public.example", "intranet.example")
    assert not AgentRecord.objects.exists()


@pytest.mark.parametrize("host", ["public.example", "both.example", "unknown.example"])
def test_what_may_be_public_is_accepted(user: User, host: str) -> None:
    output = validate(user, host)
    assert output["params"]["urls"] == [f"https://{host}/"]
    assert output["agent_id"] == str(AgentRecord.objects.get().pk)


def test_a_silent_name_server_does_not_hold_it_up(
    user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(validate_step, "LOOK_UP_SECONDS", 0.1)
    assert validate(user, "silent.example")["agent_id"]


def test_nor_does_it_hide_a_private_host_beside_it(
    user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(validate_step, "LOOK_UP_SECONDS", 0.1)
    with pytest.raises(PermanentError) as refusal:
        validate(user, "silent.example", "intranet.example")
    assert refusal.value.code == "private_address"
