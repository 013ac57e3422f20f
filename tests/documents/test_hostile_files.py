"""Files made to crash, hang or bloat whoever reads them."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from agents.knowledge.files import apart
from agents.knowledge.files.kinds import FileKind
from agents.knowledge.files.limits import Limits
from agents.knowledge.files.read import read_file
from agents.knowledge.files.unreadable import Unreadable
from tests.documents.files import column, docx, paragraph, pdf, xlsx
from tests.engine.waiting import eventually
from tests.processes import is_there

LAUGHS = (
    '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha">'
    + "".join(
        f'<!ENTITY {name} "{f"&{before};" * 10}">'
        for before, name in zip("abcdefgh", "bcdefghi", strict=True)
    )
    + "]>"
)


READING = """
from agents.knowledge.files import apart
from agents.knowledge.files.kinds import FileKind
from agents.knowledge.files.limits import Limits
apart._MODULE = "tests.documents.silent_reader"
apart.read_apart(FileKind.PDF, {pid_file!r}.encode(), Limits())
"""


def code(body: bytes, name: str, **limits: int) -> str:
    with pytest.raises(Unreadable) as caught:
        read_file(body, "", f"document:{name}", Limits(**limits))
    assert caught.value.reason[-1] == "."
    return caught.value.code


def test_a_zip_bomb_is_refused_before_it_is_unpacked() -> None:
    bomb = docx(paragraph("Text."), more={"word/media/image.png": "0" * 50_000_000})
    assert len(bomb) < 100_000
    assert code(bomb, "a.docx", unpacked_bytes=10_000_000) == "too_large"


def test_a_reader_that_needs_too_much_memory_is_stopped() -> None:
    rows: list[list[str | float]] = [["x" * 1000 + str(n) for _ in range(20)] for n in range(4000)]
    found = code(xlsx({"A": rows}), "a.xlsx", memory_bytes=180_000_000, characters=100_000_000)
    assert found == "too_much_memory"
    # This process has not grown with it.
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss < 2_000_000


def test_entities_that_multiply_do_no_harm() -> None:
    laughing = LAUGHS + "<w:document xmlns:w='x'><w:body>&i;</w:body></w:document>"
    body = docx("", more={"word/document.xml": laughing})
    assert code(body, "a.docx", seconds=20) == "broken"


def test_a_reader_that_computes_for_too_long_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apart, "_MODULE", "tests.documents.busy_reader")
    monkeypatch.setattr(apart, "_WALL_FACTOR", 1000)
    assert code(pdf(column("Text.")), "a.pdf", seconds=1) == "too_slow"


def test_a_reader_that_waits_for_too_long_is_stopped(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(apart, "_MODULE", "tests.documents.silent_reader")
    with pytest.raises(Unreadable, match="more than 1 seconds"):
        apart.read_apart(FileKind.PDF, str(tmp_path / "pid").encode(), Limits(seconds=1))


def test_a_reader_that_crashes_costs_only_its_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apart, "_MODULE", "tests.documents.crashing_reader")
    assert code(pdf(column("Text.")), "a.pdf") == "broken"


def test_an_interrupt_ends_the_reader(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"
    monkeypatch.setattr(apart, "_MODULE", "tests.documents.silent_reader")

    class Interrupted(Exception):
        pass

    def interrupt(*_: object) -> None:
        raise Interrupted

    previous = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, 2)
    try:
        with pytest.raises(Interrupted):
            apart.read_apart(FileKind.PDF, str(pid_file).encode(), Limits())
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid_file.read_text()), 0)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has leashes")
def test_the_death_of_a_worker_ends_the_reader(tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"
    command = [sys.executable, "-c", READING.format(pid_file=str(pid_file))]
    with subprocess.Popen(command, cwd=Path(apart.__file__).parents[3]) as worker:
        reader = int(eventually(lambda: pid_file.read_text() if pid_file.exists() else "", 30))
        worker.kill()
    eventually(lambda: not is_there(reader))
