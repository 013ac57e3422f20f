"""Reads JSON bodies, and refuses those that nothing behind it could keep or answer."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import IO, Any

from rest_framework import parsers
from rest_framework.exceptions import ParseError

_NULL_CHARACTER = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")


class JSONParser(parsers.JSONParser):
    """JSON in UTF-8 (RFC 8259) whose texts and numbers can be stored and sent back."""

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        try:
            body = stream.read().decode()
            value = json.loads(body)
            # NaN, 1e999 and half a surrogate pair (\ud800) can be read, but not written back.
            json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
        except RecursionError as error:
            raise ParseError("The JSON is nested too deeply. Send it flatter.") from error
        except json.JSONDecodeError as error:
            raise ParseError(f"The body is not JSON. {error}.") from error
        except ValueError as error:
            raise ParseError(
                "The JSON holds a number that is not finite or has thousands of digits, or text "
                "that is not Unicode in UTF-8. Leave it out."
            ) from error
        if _NULL_CHARACTER.search(body):
            raise ParseError("The JSON holds the null character \\u0000. Leave it out.")
        return value
