"""`manage.py up`: what it refuses, what it survives, and what it leaves behind."""

from __future__ import annotations

import os
import signal
import socket
import sys
from pathlib import Path

import httpx
import pytest
from django.core.management import CommandError, call_command

from agentforge.embedded import checks
from agentforge.embedded.background import BackgroundError
from tests.commands.processes import all_gone_from, living_on
from tests.stack import Stack


def test_a_port_in_use_is_refused_before_anything_starts() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with pytest.raises(CommandError, match=rf"^Port {port} of 127\.0\.0\.1 cannot be used:"):
            call_command("up", port=port)


def test_a_port_in_use_is_refused_with_a_command_that_names_another() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        pytest.raises(CommandError) as refusal,
    ):
        checks.check_port("127.0.0.1", server.getsockname()[1])
    command = str(refusal.value).rpartition(": ")[2]
    python, *rest, port = command.split()
    assert Path(python).samefile(sys.executable)
    assert rest == ["manage.py", "up", "--port"]
    assert 0 < int(port) < 65536


def test_a_port_that_is_none_is_refused() -> None:
    with pytest.raises(CommandError, match=r"^--port 70000 is no port\."):
        call_command("up", port=70000)


def test_a_worker_that_could_run_nothing_is_refused() -> None:
    with pytest.raises(CommandError, match=r"^--concurrency 0 runs nothing\."):
        call_command("up", port=9, concurrency=0)


def test_a_server_that_does_not_answer_is_named_without_its_password() -> None:
    with pytest.raises(CommandError) as refusal:
        checks.check_server("REDIS_URL", "redis://:hidden@127.0.0.1:1/0")
    assert "REDIS_URL (redis://:**@127.0.0.1:1/0) does not answer" in str(refusal.value)
    assert "hidden" not in str(refusal.value)


def test_a_second_start_on_the_same_data_directory_is_refused(stack: Stack) -> None:
    with pytest.raises(BackgroundError, match=r"AgentForge already runs on .*\(process \d+\)"):
        stack.manage("up", f"--port={stack.port}")


def test_the_staff_user_of_the_environment_may_log_in(stack: Stack) -> None:
    with httpx.Client(base_url=stack.base_url, trust_env=False) as browser:
        browser.get("/login/")
        form = {"username": stack.username, "password": stack.password}
        token = {"csrfmiddlewaretoken": browser.cookies["csrftoken"]}
        assert browser.post("/login/", data={**form, **token}).status_code == 302


@pytest.mark.parametrize("program", ["worker", "beat", "web"])
def test_a_program_that_is_killed_is_running_again_soon(stack: Stack, program: str) -> None:
    killed = stack.pid(program)
    stack.kill(program)
    assert stack.wait_for_restart(program, of=killed) != killed


def test_a_stack_whose_supervisor_is_killed_leaves_nothing_running(tmp_path: Path) -> None:
    with Stack.on(tmp_path, DATABASE_URL="") as stack:
        some = {stack.supervisor_pid, stack.pid("web"), *stack.worker_pids()}
        assert some <= set(living_on(tmp_path))
        os.kill(stack.supervisor_pid, signal.SIGKILL)
        assert all_gone_from(tmp_path)


def test_a_stopped_stack_has_ended_cleanly_the_web_server_first(tmp_path: Path) -> None:
    with Stack.on(tmp_path, DATABASE_URL="") as stack:
        assert (tmp_path / "valkey.url").exists()
    stops = [line.split()[0] for line in stack.output().splitlines() if line.endswith("| stopped")]
    assert stops == ["web", "beat", "worker", "valkey", "agentforge"]
    assert stack.exit_code == 0
    assert not (tmp_path / "valkey.url").exists()
    assert all_gone_from(tmp_path)
