"""What a program may use, and the directory for its temporary files."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest
from django.conf import settings

from tasks.errors import PermanentError, ProgramFailed, ProgramLimitExceeded, TimeLimitExceeded
from tasks.interrupt import Interrupt
from tasks.programs import scratch as scratches
from tasks.programs import streaming
from tasks.programs.scratch import Scratch, scratch
from tasks.programs.streaming import Printed
from tasks.programs.terms import Limits, Terms
from tests.engine.waiting import eventually

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has all of this")

MANY = """
import subprocess, sys
sleepers = [subprocess.Popen(["sleep", "60"]) for _ in range(int(sys.argv[1]))]
print("ready", flush=True)
for sleeper in sleepers:
    sleeper.wait()
"""
HOLDER = """
import os, sys, time
held = b"x" * int(sys.argv[1])
for _ in range(int(sys.argv[2])):
    if not os.fork():
        break
print("ready", flush=True)
time.sleep(float(sys.argv[3]))
"""
"""Holds so many bytes, and shares them with so many children."""

WORKER = """
import os, sys
import django
django.setup()
from pathlib import Path
from tasks.interrupt import Interrupt
from tasks.programs import streaming
from tasks.programs.scratch import scratch
from tasks.programs.terms import Terms
with scratch("test") as temporary:
    print(temporary.path, flush=True)
    terms = Terms(env={**os.environ, "TMPDIR": str(temporary.path)}, scratch=temporary)
    streaming.run(sys.argv[1:], lambda lines: print(*lines, flush=True), Interrupt(), terms)
"""


@pytest.fixture(autouse=True)
def own_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the directories for temporary files of these tests are."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    return tmp_path


def python(code: str, *arguments: object) -> list[str]:
    return [sys.executable, "-S", "-c", code, *map(str, arguments)]


def run(command: Sequence[str], limits: Limits, scratch: Scratch | None = None) -> Printed:
    terms = Terms(limits=limits, scratch=scratch)
    return streaming.run(command, lambda lines: None, Interrupt(), terms)


def test_within_its_limits_a_program_is_left_alone() -> None:
    limits = Limits(seconds=60, memory=500 * 10**6, processes=10, output=100)
    printed = run(python("import time; print('x' * 50); time.sleep(0.3); print('done')"), limits)
    assert printed == Printed(2, "done", False)


def test_one_that_takes_too_long_is_ended() -> None:
    begun = time.monotonic()
    with pytest.raises(TimeLimitExceeded, match=r"ran longer than its limit of 0\.5 s"):
        run(python("import time; time.sleep(60)"), Limits(seconds=0.5))
    assert time.monotonic() - begun < 10


def test_one_that_has_too_many_processes_is_ended() -> None:
    assert run(["sh", "-c", "sleep 0.5 & sleep 0.5 & wait"], Limits(processes=5)).lines == 0
    with pytest.raises(ProgramLimitExceeded, match="limit of 5") as excess:
        run(python(MANY, 20), Limits(processes=5))
    assert excess.value.code == "processes_limit"


def test_one_that_takes_too_much_memory_is_ended() -> None:
    with pytest.raises(ProgramLimitExceeded, match="more memory than its limit of 60 MB") as excess:
        run(python(HOLDER, 100 * 10**6, 0, 60), Limits(memory=60 * 10**6))
    assert excess.value.code == "memory_limit"


def test_so_is_one_whose_children_do() -> None:
    code = f"import subprocess, sys; subprocess.run([sys.executable, '-S', '-c', {HOLDER!r}, "
    with pytest.raises(ProgramLimitExceeded):
        run(python(f"{code} '100000000', '0', '60'])"), Limits(memory=60 * 10**6))


def test_memory_that_processes_share_counts_once() -> None:
    assert run(python(HOLDER, 40 * 10**6, 3, 0.5), Limits(memory=100 * 10**6)).lines == 4


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_one_that_prints_too_much_is_ended(stream: str) -> None:
    code = f"import sys\nwhile True: print('x' * 1000, file=sys.{stream})"
    written: list[str] = []
    terms = Terms(limits=Limits(output=10**6))
    with pytest.raises(ProgramLimitExceeded, match="printed more than its limit of 1 MB") as excess:
        streaming.run(python(code), written.extend, Interrupt(), terms)
    assert excess.value.code == "output_limit"
    assert len(written) <= 1000


def test_its_temporary_files_go_however_it_ends() -> None:
    code = "import os, sys; os.makedirs(sys.argv[1] + '/a/b'); os.chmod(sys.argv[1], 0); sys.exit("
    for ending in ("0)", "3)", "os.kill(os.getpid(), 9))"):
        with scratch("test") as temporary:
            try:
                run(python(code + ending, temporary.path), Limits(), temporary)
            except ProgramFailed:
                assert ending != "0)"
            assert not temporary.path.exists(), "the guard removes it"
        assert not temporary.path.exists()


def test_they_go_when_the_step_fails_before_the_program_runs() -> None:
    with pytest.raises(ZeroDivisionError), scratch("test") as temporary:
        (temporary.path / "file").touch()
        raise ZeroDivisionError
    assert not temporary.path.exists()


def test_they_go_when_the_worker_is_killed() -> None:
    code = "import os, time; open(os.environ['TMPDIR'] + '/file', 'w'); print('ready', flush=True)"
    command = [sys.executable, "-c", WORKER, *python(f"{code}; time.sleep(600)")]
    with subprocess.Popen(command, cwd=settings.BASE_DIR, stdout=subprocess.PIPE) as worker:
        assert worker.stdout
        directory = Path(worker.stdout.readline().decode().strip())
        assert worker.stdout.readline() == b"ready\n"
        assert (directory / "file").exists()
        worker.kill()
    eventually(lambda: not directory.exists())


def test_what_was_left_behind_goes_with_the_next_program_and_nothing_else_does() -> None:
    """Worker and guard have been killed, so nobody holds its lock."""
    left_behind = scratches.root() / "left-behind"
    left_behind.mkdir()
    with scratch("first") as first, scratch("second") as second:
        assert not left_behind.exists()
        assert first.path.exists()
        assert second.path.exists()


def test_the_program_does_not_hold_the_lock() -> None:
    code = "import os; print(*os.listdir('/proc/self/fd'))"
    with scratch("test") as temporary:
        printed = run(python(code), Limits(), temporary)
    # The three that every program has, and the one of the listing.
    assert len(printed.last_line.split()) == 4


def test_a_place_that_is_somebody_elses_is_refused(own_place: Path) -> None:
    (own_place / f"agentforge-{os.getuid()}").symlink_to("/tmp")  # noqa: S108
    with pytest.raises(PermanentError, match="belongs to somebody else"):
        scratches.root()


def test_a_program_that_forks_and_forks_is_ended() -> None:
    code = "import os, time\nfor _ in range(9): os.fork()\nprint('ready')\ntime.sleep(60)"
    with pytest.raises(ProgramLimitExceeded):
        run(python(code), Limits(processes=50))
