"""Code blocks of a page: their text as it runs, and their language."""

from __future__ import annotations

import re
from html import escape
from itertools import pairwise

from selectolax.lexbor import LexborNode

_LANGUAGE = re.compile(r"(?:language|lang|highlight-source|highlight|brush)[-:]([\w+#.]+)")
_BEFORE_LANGUAGE = frozenset({"hljs", "sourceCode", "highlight", "brush:"})
"""Class names that stand before one which is the language."""
_NO_LANGUAGE = frozenset(
    {"default", "none", "text", "plain", "plaintext", "notranslate", "code", "numberlines"}
)
_AROUND_CODE = frozenset({"div", "figure", "table", "tbody", "tr", "td", "span"})
_LEVELS_ABOVE = 6
"""Sphinx, GitHub and Hexo write the language on an element around `<pre>`, at most that far up."""


def write_plain_code(content: LexborNode) -> None:
    """Write each `<pre>` in place as plain code in its language; highlighting is only colour."""
    for pre in content.css("pre"):
        language = _language_of(pre)
        attribute = f' class="language-{escape(language)}"' if language else ""
        pre.inner_html = f"<code{attribute}>{escape(_text_of(pre), quote=False)}</code>"
        _take_out_of_table(pre)


def join_inline_code(content: LexborNode) -> None:
    """Write inline code on one line, as a browser shows it, where its source goes over several.

    Sphinx puts each of its words into a `<span>`, after which the Markdown would begin a new line.
    """
    for code in content.css("code"):
        text = code.text()
        if ("\n" in text or "  " in text) and not _is_block(code):
            code.unwrap_tags(["span"])
            if code.css_first("a") is None:
                code.inner_html = escape(" ".join(text.split()), quote=False)


def _is_block(code: LexborNode) -> bool:
    return code.parent is not None and code.parent.tag == "pre"


def _text_of(pre: LexborNode) -> str:
    """Some highlighters end lines with `<br>`, or put each into a `<div>`."""
    for end in pre.css("br"):
        end.replace_with("\n")
    text = pre.text()
    lines = [] if "\n" in text.strip() else [line.text() for line in pre.css("div")]
    return "\n".join(lines) if len(lines) > 1 and "".join(lines) == text else text


def _take_out_of_table(pre: LexborNode) -> None:
    """Line numbers stand in a table's first column, the code in its second."""
    table = pre.parent
    while table is not None and table.tag != "table" and table.tag in _AROUND_CODE:
        table = table.parent
    if table is None or table.tag != "table":
        return
    other = table.text().replace(pre.text(), "", 1)
    if not other.strip(" \n\t0123456789"):
        table.replace_with(pre)


def _language_of(pre: LexborNode) -> str:
    for node in _places(pre):
        attributes = node.attributes
        said = [attributes.get("data-lang"), attributes.get("data-language")]
        if node.tag == "pre":
            said.append(attributes.get("lang"))
        for found in (*said, *_named_languages((attributes.get("class") or "").split())):
            if found and found.lower() not in _NO_LANGUAGE:
                return found.lower()
    return ""


def _named_languages(names: list[str]) -> list[str]:
    named = [found[1] for name in names if (found := _LANGUAGE.fullmatch(name))]
    follows = [name for before, name in pairwise(names) if before in _BEFORE_LANGUAGE]
    return named or [name for name in follows if name.isalnum()]


def _places(pre: LexborNode) -> list[LexborNode]:
    """Where a language may be written: the code, the block, and what stands around it."""
    code = pre.css_first("code")
    places = [code, pre] if code else [pre]
    above = pre.parent
    for _ in range(_LEVELS_ABOVE):
        if above is None or above.tag not in _AROUND_CODE:
            break
        places.append(above)
        above = above.parent
    return places
