"""From a body's bytes to text: byte order mark, HTTP header, `<meta>`, else detection."""

from __future__ import annotations

import codecs
from email.message import Message
from functools import lru_cache

from resiliparse.parse.encoding import bytes_to_str, detect_encoding, map_encoding_to_html5

_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


def decode(body: bytes, content_type: str = "") -> str:
    """The text of `body`; a wrong or missing declaration never raises.

    The order is that of the WHATWG's HTML standard, "determining the character encoding".

    Args:
        body: the bytes as fetched.
        content_type: the HTTP header, like `text/html; charset=iso-8859-1`.
    """
    declared = _byte_order_mark(body) or _declared(content_type)
    encoding = declared or detect_encoding(body, from_html_meta=True)
    return bytes_to_str(body, encoding or "utf-8", errors="replace")


def _byte_order_mark(body: bytes) -> str:
    return next((name for mark, name in _BYTE_ORDER_MARKS if body.startswith(mark)), "")


@lru_cache(maxsize=1_000)
def _declared(content_type: str) -> str:
    header = Message()
    header["Content-Type"] = content_type or "text/html"
    label = header.get_content_charset()
    if not label:
        return ""
    try:
        codecs.lookup(label)
    except LookupError:
        return ""
    return map_encoding_to_html5(label) or ""
