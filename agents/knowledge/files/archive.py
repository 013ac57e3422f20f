"""ZIP archives, and what they can hide: DOCX and XLSX are archives of XML files."""

from __future__ import annotations

from io import BytesIO
from zipfile import BadZipFile, ZipFile, ZipInfo

from agents.knowledge.files.unreadable import Unreadable, broken, encrypted

ZIP_MAGIC = b"PK\x03\x04"
OLE_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
"""Of the container that Office puts an encrypted document into."""

_MOST_FILES = 20_000
_ENCRYPTED = 0x1


def files_in(body: bytes, what: str) -> list[ZipInfo]:
    """What an archive says of its files; nothing is unpacked.

    Args:
        what: what it is called in the reason.

    Raises:
        Unreadable: `broken`.
    """
    try:
        with ZipFile(BytesIO(body)) as archive:
            return archive.infolist()
    except (BadZipFile, ValueError, NotImplementedError) as error:
        raise broken(what) from error


def check_archive(body: bytes, what: str, unpacked_bytes: int) -> None:
    """Refuse an archive that is encrypted, damaged or a bomb, without unpacking anything.

    A header that lies about a size does not help a bomb: whoever unpacks does so in a process of
    limited memory and time.

    Args:
        what: what it is called in the reason.
        unpacked_bytes: how much all its files may have.

    Raises:
        Unreadable: `encrypted`, `broken` or `too_large`.
    """
    if body.startswith(OLE_MAGIC):
        raise encrypted(what)
    files = files_in(body, what)
    if any(file.flag_bits & _ENCRYPTED for file in files):
        raise encrypted(what)
    if len(files) > _MOST_FILES or sum(file.file_size for file in files) > unpacked_bytes:
        raise Unreadable(
            "too_large",
            f"The {what} holds more than {unpacked_bytes:,} bytes when it is unpacked. Divide it.",
        )
