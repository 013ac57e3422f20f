"""Markdown and plain text."""

from __future__ import annotations

import re
from typing import Any

import yaml

from agents.knowledge.document import Document

_FRONT_MATTER = re.compile(
    r"\s*---[ \t]*\n(?P<yaml>.{0,20000}?)\n(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.S
)
_FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})")
_UNDERLINE = re.compile(r"^(=+|-+)[ \t]*$")
_MARK_OF_MARKDOWN = re.compile(r"^(\s*)(#{1,6}\s|`{3,}|~{3,}|\|)", re.MULTILINE)


def read_markdown(text: str) -> Document:
    """Markdown as it is, with the title of its front matter, and with all headings as `#`."""
    text = _with_plain_newlines(text)
    found = _FRONT_MATTER.match(text)
    properties = _properties(found["yaml"]) if found else {}
    body = text[found.end() :] if found and properties else text
    return Document(
        title=_line(properties.get("title")),
        description=_line(properties.get("description")),
        language=_line(properties.get("lang") or properties.get("language"))[:2].lower(),
        markdown="\n".join(_with_hash_headings(body)).strip(),
    )


def read_plain(text: str) -> Document:
    """Plain text as it is; what would mean something in Markdown is escaped."""
    text = _with_plain_newlines(text).strip()
    return Document("", "", "", _MARK_OF_MARKDOWN.sub(r"\1\\\2", text))


def _with_plain_newlines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\f", "\n\n")


def _properties(front_matter: str) -> dict[str, Any]:
    try:
        properties = yaml.safe_load(front_matter)
    except (yaml.YAMLError, ValueError, RecursionError):
        return {}
    return properties if isinstance(properties, dict) else {}


def _line(value: object) -> str:
    return " ".join(value.split()) if isinstance(value, str) else ""


def _with_hash_headings(markdown: str) -> list[str]:
    """The lines, with `Title` over `=====` written as `# Title`, except in code."""
    lines: list[str] = []
    fence = ""
    for line in markdown.split("\n"):
        opened = _FENCE.match(line)
        if fence:
            fence = "" if line.strip().startswith(fence) and not line.strip(" `~") else fence
        elif opened:
            fence = opened[1]
        elif (under := _UNDERLINE.match(line)) and _can_be_underlined(lines):
            lines[-1] = f"{'#' if under[1][0] == '=' else '##'} {lines[-1].strip()}"
            continue
        lines.append(line)
    return lines


def _can_be_underlined(lines: list[str]) -> bool:
    """Whether the last line is a paragraph of one line."""
    if (
        not lines
        or not lines[-1].strip()
        or lines[-1].lstrip().startswith(("#", "|", "-", "*", ">"))
    ):
        return False
    return len(lines) == 1 or not lines[-2].strip()
