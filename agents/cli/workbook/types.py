"""Types of columns: which values a cell may have, and how a value is written as text."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from typing import Any

_NUMBER = re.compile(r"[-+]?(?:\d{1,3}(?:,\d{3})+|\d+)?(?:\.\d+)?(?:[eE][-+]?\d+)?")
_ERROR = re.compile(r"#(?:N/A|DIV/0!|REF!|VALUE!|NAME\?|NUM!|NULL!)")
_YES, _NO = frozenset({"yes", "true", "y", "x"}), frozenset({"no", "false", "n"})


class WrongValue(Exception):
    """The cell does not hold a value of its column's type. The message says what it holds."""


def _as_text(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime):
        has_time = value.time() != time()
        return value.isoformat(" ", "minutes") if has_time else value.date().isoformat()
    if isinstance(value, date | time):
        return value.isoformat()
    return str(value).strip()


def _as_number(value: Any) -> str:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _as_text(value)
    text = str(value).strip()
    if isinstance(value, str) and re.search(r"\d", text) and _NUMBER.fullmatch(text):
        return text.replace(",", "")
    raise WrongValue("is no number")


def _as_whole(value: Any) -> str:
    text = _as_number(value)
    if not float(text).is_integer():
        raise WrongValue("is no whole number")
    return str(int(float(text)))


def _as_date(value: Any) -> str:
    if isinstance(value, date):
        return _as_text(value)
    if isinstance(value, str):
        try:
            return _as_text(datetime.fromisoformat(value.strip()))
        except ValueError:
            pass
    raise WrongValue("is no date (write 2026-01-31)")


def _as_yes_or_no(value: Any) -> str:
    if isinstance(value, bool):
        return _as_text(value)
    text = str(value).strip().lower()
    if text in _YES | _NO:
        return "yes" if text in _YES else "no"
    raise WrongValue("is neither yes nor no")


TYPES: Mapping[str, Callable[[Any], str]] = {
    "yes/no": _as_yes_or_no,
    "whole number": _as_whole,
    "number": _as_number,
    "date": _as_date,
    "text": _as_text,
}
"""By the name of the type: what makes a text of a value, or raises `WrongValue`. Each one that is
stricter stands before those that take its values, too."""

SYNONYMS: Mapping[str, str] = {
    "boolean": "yes/no",
    "bool": "yes/no",
    "integer": "whole number",
    "int": "whole number",
    "float": "number",
    "decimal": "number",
    "datetime": "date",
    "string": "text",
    "str": "text",
}


def named(name: str) -> str | None:
    """The type that is meant by `name`, if there is one."""
    wanted = name.strip().casefold()
    wanted = SYNONYMS.get(wanted, wanted)
    return wanted if wanted in TYPES else None


def is_empty(value: Any) -> bool:
    """Whether a cell with this value holds nothing."""
    return value is None or (isinstance(value, str) and not value.strip())


def convert(value: Any, type_: str) -> str:
    """The value as the text of a value of that type.

    Raises:
        WrongValue: it is none.
    """
    if isinstance(value, str) and _ERROR.fullmatch(value.strip()):
        raise WrongValue("is the error of a formula")
    return TYPES[type_](value)
