"""Why a file gives no text."""

from __future__ import annotations


class Unreadable(Exception):
    """A file that cannot be read, through no fault of ours.

    Args:
        code: a short name of the reason, for machines.
        reason: what is wrong with the file and what to do, in a sentence that its owner may read.
    """

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


UNSUPPORTED = "unsupported_kind"
NO_TEXT_LAYER = "no_text_layer"


def broken(what: str) -> Unreadable:
    """The file is damaged."""
    return Unreadable("broken", f"The {what} is damaged and cannot be read. Save it again.")


def encrypted(what: str) -> Unreadable:
    """The file asks for a password."""
    return Unreadable(
        "encrypted", f"The {what} is protected by a password. Save it without one to have it read."
    )
