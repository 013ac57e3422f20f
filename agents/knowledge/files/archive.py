"""Guards against what a ZIP archive can hide: DOCX and XLSX are archives of XML files."""

from __future__ import annotations

from io import BytesIO
from zipfile import BadZipFile, ZipFile

from agents.knowledge.files.kinds import OLE_MAGIC
from agents.knowledge.files.unreadable import Unreadable, broken, encrypted

_MOST_FILES = 20_000
_ENCRYPTED = 0x1


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
    try:
        with ZipFile(BytesIO(body)) as archive:
            files = archive.infolist()
    except (BadZipFile, ValueError, NotImplementedError) as error:
        raise broken(what) from error
    if any(file.flag_bits & _ENCRYPTED for file in files):
        raise encrypted(what)
    if len(files) > _MOST_FILES or sum(file.file_size for file in files) > unpacked_bytes:
        raise Unreadable(
            "too_large",
            f"The {what} holds more than {unpacked_bytes:,} bytes when it is unpacked. Divide it.",
        )
