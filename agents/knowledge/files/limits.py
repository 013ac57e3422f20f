"""How much reading one file may cost."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of reading one file.

    Args:
        pages: of a PDF; what comes after them is not read.
        characters: of the Markdown that a sheet or a PDF becomes; what comes after is not read.
        unpacked_bytes: what a DOCX or XLSX, which is a ZIP archive, may hold unpacked.
        seconds: of processor time that reading may take.
        memory_bytes: that the process which reads may have.
    """

    pages: int = 2_000
    characters: int = 5_000_000
    unpacked_bytes: int = 300_000_000
    seconds: int = 60
    memory_bytes: int = 1_000_000_000


DEFAULT_LIMITS = Limits()
