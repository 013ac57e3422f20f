"""Makes real files of each kind, byte by byte, so that a test says all that is in them."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from xml.sax.saxutils import escape
from zipfile import ZIP_DEFLATED, ZipFile

DOCX_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
OLE_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"

PdfLine = tuple[float, float, float, str]
"""Of a page: left and baseline in points from the lower left corner, size in points, text."""


def pdf(*pages: Sequence[PdfLine], title: str = "", encrypted: bool = False) -> bytes:
    """A PDF 1.4 with Helvetica on A4 pages."""
    objects = ["<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>"]
    kids = []
    for page in pages:
        content = "\n".join(
            f"BT /F1 {size} Tf {left} {bottom} Td ({_pdf_text(text)}) Tj ET"
            for left, bottom, size, text in page
        )
        objects.append(f"<< /Length {len(content)} >>\nstream\n{content}\nendstream")
        objects.append(
            f"<< /Type /Page /Parent PARENT 0 R /MediaBox [0 0 595 842] "
            f"/Contents {len(objects)} 0 R /Resources << /Font << /F1 1 0 R >> >> >>"
        )
        kids.append(len(objects))
    parent = len(objects) + 1
    references = " ".join(f"{kid} 0 R" for kid in kids)
    objects.append(f"<< /Type /Pages /Kids [{references}] /Count {len(kids)} >>")
    objects.append(f"<< /Type /Catalog /Pages {parent} 0 R >>")
    objects.append(f"<< /Title ({_pdf_text(title)}) >>")
    trailer = f"/Root {parent + 1} 0 R /Info {parent + 2} 0 R"
    if encrypted:
        key = "<" + "5a" * 32 + ">"
        objects.append(f"<< /Filter /Standard /V 2 /R 3 /Length 128 /P -1 /O {key} /U {key} >>")
        trailer += f" /Encrypt {len(objects)} 0 R /ID [<01> <01>]"
    return _pdf_file([text.replace("PARENT", str(parent)) for text in objects], trailer)


def column(*texts: str, top: float = 700, size: float = 11, left: float = 72) -> list[PdfLine]:
    """Lines below each other, as a paragraph has them."""
    return [(left, top - number * size * 1.3, size, text) for number, text in enumerate(texts)]


def docx(body: str, title: str = "", more: dict[str, str] | None = None) -> bytes:
    """A DOCX whose document has `body`, WordprocessingML without namespace declarations."""
    word = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
    core = (
        '<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/'
        'core-properties" xmlns:dc="http://purl.org/dc/elements/1.1/">'
        f"<dc:title>{escape(title)}</dc:title></cp:coreProperties>"
    )
    styles = "".join(
        f'<w:style w:type="paragraph" w:styleId="{id}"><w:name w:val="{name}"/></w:style>'
        for id, name in (("H1", "heading 1"), ("H2", "heading 2"), ("T", "Title"))
    )
    numbering = (
        f'<w:numbering {word}><w:abstractNum w:abstractNumId="0"><w:lvl w:ilvl="0">'
        '<w:numFmt w:val="bullet"/></w:lvl></w:abstractNum><w:num w:numId="1">'
        '<w:abstractNumId w:val="0"/></w:num></w:numbering>'
    )
    parts = {
        "[Content_Types].xml": _content_types(
            {
                "/word/document.xml": f"{DOCX_TYPE}.main+xml",
                "/word/styles.xml": f"{DOCX_TYPE.replace('.document', '.styles')}+xml",
                "/word/numbering.xml": f"{DOCX_TYPE.replace('.document', '.numbering')}+xml",
            }
        ),
        "_rels/.rels": _relations({"rId1": ("officeDocument", "word/document.xml", "")}),
        "word/_rels/document.xml.rels": _relations(
            {
                "rId1": ("styles", "styles.xml", ""),
                "rId2": ("numbering", "numbering.xml", ""),
                "rId3": ("hyperlink", "https://example.com/more", "External"),
            }
        ),
        "word/styles.xml": f"<w:styles {word}>{styles}</w:styles>",
        "word/numbering.xml": numbering,
        "word/document.xml": (
            f'<w:document {word} xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/'
            f'relationships"><w:body>{body}</w:body></w:document>'
        ),
        "docProps/core.xml": core,
    }
    return archive({**parts, **(more or {})})


def paragraph(text: str, style: str = "", item: bool = False) -> str:
    """A paragraph of WordprocessingML."""
    style = f'<w:pStyle w:val="{style}"/>' if style else ""
    number = '<w:numPr><w:ilvl w:val="0"/><w:numId w:val="1"/></w:numPr>' if item else ""
    run = f'<w:r><w:t xml:space="preserve">{escape(text)}</w:t></w:r>'
    return f"<w:p><w:pPr>{style}{number}</w:pPr>{run}</w:p>"


def xlsx(sheets: dict[str, list[list[str | float]]], more: dict[str, str] | None = None) -> bytes:
    """An XLSX with these rows in its sheets, all cells in place."""
    main = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    numbers = range(1, len(sheets) + 1)
    listed = "".join(
        f'<sheet name="{escape(name)}" sheetId="{n}" r:id="rId{n}"/>'
        for n, name in zip(numbers, sheets, strict=True)
    )
    parts = {
        "[Content_Types].xml": _content_types(
            {"/xl/workbook.xml": f"{XLSX_TYPE}.main+xml"}
            | {
                f"/xl/worksheets/sheet{n}.xml": XLSX_TYPE.replace("sheet", "worksheet+xml")
                for n in numbers
            }
        ),
        "_rels/.rels": _relations({"rId1": ("officeDocument", "xl/workbook.xml", "")}),
        "xl/_rels/workbook.xml.rels": _relations(
            {f"rId{n}": ("worksheet", f"worksheets/sheet{n}.xml", "") for n in numbers}
        ),
        "xl/workbook.xml": (
            f'<workbook {main} xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/'
            f'relationships"><sheets>{listed}</sheets></workbook>'
        ),
    }
    for n, rows in zip(numbers, sheets.values(), strict=True):
        cells = "".join(
            f'<row r="{y}">{"".join(_cell(x, y, value) for x, value in enumerate(row))}</row>'
            for y, row in enumerate(rows, start=1)
        )
        parts[f"xl/worksheets/sheet{n}.xml"] = (
            f"<worksheet {main}><sheetData>{cells}</sheetData></worksheet>"
        )
    return archive({**parts, **(more or {})})


def archive(parts: dict[str, str]) -> bytes:
    """A ZIP archive."""
    file = BytesIO()
    with ZipFile(file, "w", ZIP_DEFLATED) as zip_file:
        for name, text in parts.items():
            zip_file.writestr(name, text)
    return file.getvalue()


def encrypted_office() -> bytes:
    """How a DOCX or XLSX with a password begins: an old container with an encrypted package."""
    return OLE_MAGIC + bytes(1000) + "EncryptedPackage".encode("utf-16-le") + bytes(1000)


def _pdf_text(text: str) -> str:
    return text.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")


def _pdf_file(objects: list[str], trailer: str) -> bytes:
    file = bytearray(b"%PDF-1.4\n")
    offsets = []
    for number, text in enumerate(objects, start=1):
        offsets.append(len(file))
        file += f"{number} 0 obj\n{text}\nendobj\n".encode("cp1252")
    start = len(file)
    table = "".join(f"{offset:010} 00000 n \n" for offset in offsets)
    size = len(objects) + 1
    file += f"xref\n0 {size}\n0000000000 65535 f \n{table}".encode()
    file += f"trailer\n<< /Size {size} {trailer} >>\nstartxref\n{start}\n%%EOF\n".encode()
    return bytes(file)


def _content_types(types: dict[str, str]) -> str:
    overrides = "".join(
        f'<Override PartName="{part}" ContentType="{type}"/>' for part, type in types.items()
    )
    return (
        '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Default Extension="xml" ContentType="application/xml"/>{overrides}</Types>'
    )


def _relations(relations: dict[str, tuple[str, str, str]]) -> str:
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    rows = "".join(
        f'<Relationship Id="{id}" Type="{kind}/{name}" Target="{target}"'
        + (f' TargetMode="{mode}"/>' if mode else "/>")
        for id, (name, target, mode) in relations.items()
    )
    namespace = "http://schemas.openxmlformats.org/package/2006/relationships"
    return f'<Relationships xmlns="{namespace}">{rows}</Relationships>'


def _cell(x: int, y: int, value: str | float) -> str:
    place = f"{chr(ord('A') + x)}{y}"
    if isinstance(value, str):
        return f'<c r="{place}" t="inlineStr"><is><t>{escape(value)}</t></is></c>'
    return f'<c r="{place}"><v>{value}</v></c>'
