"""Which encoding a body is read in."""

import pytest

from agents.knowledge.charset import decode

TEXT = "Größe: 5 €, naïve café"


def html(encoding: str, declaration: str = "") -> bytes:
    return f"<html><head>{declaration}</head><body>{TEXT * 20}</body></html>".encode(encoding)


def test_the_http_header_decides() -> None:
    assert TEXT in decode(html("cp1252"), "text/html; charset=windows-1252")


def test_latin_1_means_windows_1252_as_in_browsers() -> None:
    assert TEXT in decode(html("cp1252"), "text/html; charset=ISO-8859-1")


def test_a_byte_order_mark_wins_over_the_header() -> None:
    assert TEXT in decode("\ufeff".encode() + html("utf-8"), "text/html; charset=iso-8859-1")


def test_utf_16_is_known_by_its_mark() -> None:
    assert TEXT in decode(html("utf-16"))


def test_the_meta_tag_is_read_where_no_header_speaks() -> None:
    body = html("cp1252", '<meta charset="windows-1252">')
    assert TEXT in decode(body, "text/html")


@pytest.mark.parametrize("label", ["idna", "hex", "rot13", "punycode", "no-such", "unicode_escape"])
def test_a_label_that_is_no_charset_of_the_web_never_raises(label: str) -> None:
    assert decode(html("utf-8") + b"x." * 500, f"text/html; charset={label}")


def test_without_any_declaration_utf_8_is_recognized() -> None:
    assert TEXT in decode(html("utf-8"))


def test_japanese_without_a_declaration_is_detected() -> None:
    text = "日本語の文書です。文字コードの宣言はありません。" * 10
    assert decode(text.encode("shift_jis")) == text


@pytest.mark.parametrize("label", ["no-such-charset", "rot13", '"', "utf-8; charset=x"])
def test_a_senseless_declaration_is_passed_over(label: str) -> None:
    assert TEXT in decode(html("utf-8"), f"text/html; charset={label}")


def test_bytes_that_fit_no_encoding_are_replaced() -> None:
    body = b"begin \xc3( \x81\x9d end"
    assert decode(body, "text/html; charset=utf-8").startswith("begin")
    assert decode(body, "text/html; charset=utf-8").endswith("end")


def test_an_empty_body_is_an_empty_text() -> None:
    assert decode(b"", "text/html") == ""
