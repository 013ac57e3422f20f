"""What one AgentForge keeps from another: its data directory and its port."""

from __future__ import annotations

import os
import socket
import stat
from pathlib import Path

import pytest

from agentforge.embedded.files import AlreadyHeldError, held, write_private
from agentforge.embedded.ports import free_port, why_not


def test_a_held_file_names_its_holder_to_everybody_else(tmp_path: Path) -> None:
    lock = tmp_path / "up.lock"
    with held(lock), pytest.raises(AlreadyHeldError) as refusal, held(lock):
        pass
    assert refusal.value.holder == str(os.getpid())


def test_a_file_that_was_let_go_can_be_held_again(tmp_path: Path) -> None:
    with held(tmp_path / "up.lock"):
        pass
    with held(tmp_path / "up.lock"):
        pass


def test_a_private_file_replaces_one_that_everybody_could_read(tmp_path: Path) -> None:
    path = tmp_path / "valkey.url"
    path.write_text("old")
    path.chmod(0o644)
    write_private(path, "new")
    assert path.read_text() == "new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_free_port_can_be_used() -> None:
    assert why_not("127.0.0.1", free_port()) == ""


def test_a_port_in_use_is_refused_with_the_reason() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        reason = why_not("127.0.0.1", server.getsockname()[1])
    assert reason.startswith("another program listens there")


def test_an_address_of_another_machine_is_refused_with_the_reason() -> None:
    assert why_not("192.0.2.1", 8000).startswith("this machine has no such address")
