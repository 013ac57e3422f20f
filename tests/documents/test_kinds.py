"""What kind of file a body is: judged by its bytes, whatever it is called."""

from __future__ import annotations

import pytest

from agents.knowledge.files.kinds import FileKind, kind_of
from agents.knowledge.files.unreadable import Unreadable
from tests.documents.files import (
    OLE_MAGIC,
    archive,
    column,
    docx,
    encrypted_office,
    paragraph,
    pdf,
    xlsx,
)

PROSE = b"Ada, Grace and Hedy met.\nThey talked, ate, and left.\nIt rained, too.\n"
ROWS = b"".join(b"%d,part %d,%d\n" % (n, n, n * 2) for n in range(10))


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (pdf(column("Text.")), FileKind.PDF),
        (b"junk before it\n" + pdf(column("Text.")), FileKind.PDF),
        (docx(paragraph("Text.")), FileKind.DOCX),
        (xlsx({"A": [["a", "b"]]}), FileKind.XLSX),
        (b"<!doctype html><title>x</title>", FileKind.HTML),
        (b"\n<!-- made by hand --><html lang=en>", FileKind.HTML),
    ],
)
@pytest.mark.parametrize("name", ["file", "file.txt", "file.pdf", "file.csv", "file.html"])
def test_the_bytes_decide(body: bytes, kind: FileKind, name: str) -> None:
    assert kind_of(body, name, "text/plain") is kind


@pytest.mark.parametrize(
    ("body", "name", "declared", "kind"),
    [
        (PROSE, "notes.md", "", FileKind.MARKDOWN),
        (PROSE, "notes", "text/markdown", FileKind.MARKDOWN),
        (PROSE, "notes.txt", "", FileKind.TEXT),
        (PROSE, "notes", "application/octet-stream", FileKind.TEXT),
        (b"# A\n\n- b\n- c\n", "notes", "text/plain", FileKind.MARKDOWN),
        (b"a,b\n1,2\n", "table.csv", "application/vnd.ms-excel", FileKind.CSV),
        (b"a;b\n1;2\n", "table", "text/csv", FileKind.CSV),
        (ROWS, "table", "text/plain", FileKind.CSV),
        (PROSE * 3, "notes", "text/plain", FileKind.TEXT),
        (b"<p>text</p>", "page.html", "", FileKind.HTML),
        (b"<div><p>text</p></div><table>", "page", "", FileKind.HTML),
        ("Größe\n".encode("utf-16"), "notes.txt", "", FileKind.TEXT),
        (b"", "empty.txt", "", FileKind.TEXT),
    ],
)
def test_between_kinds_of_text_the_type_and_the_name_decide(
    body: bytes, name: str, declared: str, kind: FileKind
) -> None:
    assert kind_of(body, name, declared) is kind


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (b"\x89PNG\r\n\x1a\n" + bytes(100), "binary file"),
        (archive({"readme.txt": "x"}), "ZIP archive"),
        (OLE_MAGIC + bytes(1000), "Save it as DOCX or XLSX."),
    ],
)
@pytest.mark.parametrize("name", ["file.pdf", "file.docx", "file.txt"])
def test_other_kinds_are_refused_whatever_they_are_called(
    body: bytes, sentence: str, name: str
) -> None:
    with pytest.raises(Unreadable, match=sentence) as caught:
        kind_of(body, name, "application/pdf")
    assert caught.value.code == "unsupported_kind"


@pytest.mark.parametrize(("name", "kind"), [("a.xlsx", FileKind.XLSX), ("a", FileKind.DOCX)])
def test_an_encrypted_document_has_a_kind(name: str, kind: FileKind) -> None:
    assert kind_of(encrypted_office(), name) is kind
