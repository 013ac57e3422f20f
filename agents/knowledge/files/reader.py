"""The process in which one PDF, DOCX or XLSX is read: its bytes come in, JSON goes out.

python -m agents.knowledge.files.reader KIND LIMITS < FILE
"""

from __future__ import annotations

import json
import resource
import sys
from dataclasses import asdict
from typing import Any

from agents.knowledge.files.limits import Limits
from agents.knowledge.files.unreadable import Unreadable


def main(kind: str, limits: Limits) -> None:
    """Read standard input within the limits, and write the document or why there is none."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (limits.seconds, limits.seconds + 1))
    resource.setrlimit(resource.RLIMIT_AS, (limits.memory_bytes, limits.memory_bytes))
    sys.stdout.write(json.dumps(_answer(kind, sys.stdin.buffer.read(), limits)))


def _answer(kind: str, body: bytes, limits: Limits) -> dict[str, Any]:
    try:
        document = asdict(_reader(kind)(body, limits))
        document.pop("published")
        return document
    except Unreadable as error:
        return {"code": error.code, "reason": error.reason}
    except MemoryError:
        megabytes = limits.memory_bytes // 1_000_000
        reason = f"Reading the file takes more than {megabytes} megabytes of memory. Divide it."
        return {"code": "too_much_memory", "reason": reason}


def _reader(kind: str) -> Any:
    """Only what this kind needs is imported: a process is started for each file."""
    match kind:
        case "pdf":
            from agents.knowledge.files.pdf import read_pdf as reader
        case "docx":
            from agents.knowledge.files.word import read_word as reader
        case "xlsx":
            from agents.knowledge.files.sheets import read_sheets as reader
        case _:
            raise ValueError(f"There is no reader of {kind}.")
    return reader


if __name__ == "__main__":
    main(sys.argv[1], Limits(**json.loads(sys.argv[2])))
