"""Reads a file in a process of its own, which may crash, hang or use up its memory without harm."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

from agents.knowledge.document import Document
from agents.knowledge.files.kinds import FileKind
from agents.knowledge.files.limits import Limits
from agents.knowledge.files.unreadable import Unreadable, broken
from tasks.programs.leash import leashed

_ROOT = Path(__file__).resolve().parents[3]
_MODULE = "agents.knowledge.files.reader"
_WALL_FACTOR = 5
"""On a busy machine, a process waits for its turns. Only its own time is its own fault."""
_NAMES = {FileKind.PDF: "PDF", FileKind.DOCX: "DOCX document", FileKind.XLSX: "XLSX workbook"}


def read_apart(kind: FileKind, body: bytes, limits: Limits) -> Document:
    """Have the file read by a process that is started for it.

    What interrupts the caller kills the process, and so does what kills the caller.

    Raises:
        Unreadable: what its reader says, or `too_slow`, `too_much_memory`, `broken` where the
            process did not come to an end of its own.
    """
    try:
        done = subprocess.run(  # noqa: S603  (our own module)
            leashed([sys.executable, "-m", _MODULE, kind.value, json.dumps(asdict(limits))]),
            input=body,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=_WALL_FACTOR * limits.seconds,
            cwd=_ROOT,
            env={"PATH": os.defpath, "PYTHONDONTWRITEBYTECODE": "1", "LC_ALL": "C.UTF-8"},
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise _too_slow(kind, limits) from error
    if done.returncode == -signal.SIGXCPU:
        raise _too_slow(kind, limits)
    if done.returncode:
        raise broken(_NAMES[kind])
    return _answer(done.stdout)


def _answer(output: bytes) -> Document:
    answer = json.loads(output)
    if "code" in answer:
        raise Unreadable(**answer)
    return Document(**answer)


def _too_slow(kind: FileKind, limits: Limits) -> Unreadable:
    return Unreadable(
        "too_slow",
        f"Reading the {_NAMES[kind]} took more than {limits.seconds} seconds. Divide it.",
    )
