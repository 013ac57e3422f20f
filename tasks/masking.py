"""Keeps secrets out of what people read: events, errors, parameters, logs."""

from __future__ import annotations

import logging
import re
from typing import Any

MASK = "***"

_NAME = r"(?:pass(?:word|wd)?|secret|token|api[_-]?key|access[_-]?key|authorization|signature)"
_RULES = (
    # https://user:password@host
    (re.compile(r"(?<=://)[^\s/@:]*(?::[^\s/@]*)?@"), f"{MASK}@"),
    # Authorization: Token abc
    (re.compile(r"(\bAuthorization\"?\s*[=:]\s*\"?)\w+ +[^\s\"',;]+", re.IGNORECASE), rf"\1{MASK}"),
    # The same in a sentence, where two of the three may be mere words
    (
        re.compile(r"\b(Bearer|(?:Basic|Token)(?=\s+\S*[\d=]))\s+[\w.~+/=-]{8,}", re.IGNORECASE),
        rf"\1 {MASK}",
    ),
    # ?api_key=abc, password: abc, "token": "abc"
    (
        re.compile(rf"((?<![\w-])[\w-]*{_NAME}\"?\s*[=:]\s*\"?)[^\s&\"',;]+", re.IGNORECASE),
        rf"\1{MASK}",
    ),
    # Our own tokens, wherever they stand
    (re.compile(r"\baf_[\w-]{20,}"), f"af_{MASK}"),
)
_IS_SECRET = re.compile(rf"(?:^|[_-]){_NAME}$", re.IGNORECASE)


def mask(text: str) -> str:
    """`text` without credentials, and without null characters, which PostgreSQL refuses."""
    text = text.replace("\x00", "\ufffd")
    for pattern, replacement in _RULES:
        text = pattern.sub(replacement, text)
    return text


def masked(value: Any, name: str = "") -> Any:
    """JSON-ready `value` without secrets: by what its keys are called, and within its strings."""
    if isinstance(value, dict):
        return {key: masked(item, str(key)) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [masked(item, name) for item in value]
    if isinstance(value, str):
        return MASK if value and _IS_SECRET.search(name) else mask(value)
    return value


class MaskingFilter(logging.Filter):
    """Masks every line that a handler writes."""

    def filter(self, record: logging.LogRecord) -> bool:
        if record.exc_info and not record.exc_text:
            record.exc_text = mask(logging.Formatter().formatException(record.exc_info))
        message = record.getMessage()
        clean = mask(message)
        if clean != message:
            record.msg, record.args = clean, None
        return True
