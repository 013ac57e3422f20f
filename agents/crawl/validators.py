"""How a server is asked for a page only if it has changed (RFC 9110, section 13)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

_ETAG = re.compile(r'(?:W/)?"[\x21\x23-\x7e]{0,250}"')
_DATE = re.compile(r"[A-Za-z0-9,: +-]{1,64}")


@dataclass(frozen=True, slots=True)
class Validators:
    """What a server has said of a page's state. They are told to it again as it wrote them.

    Args:
        etag: with its quotes, and with the `W/` of a weak one; empty if there was none.
        last_modified: a date as HTTP writes it; empty if there was none.
    """

    etag: str = ""
    last_modified: str = ""

    @classmethod
    def of(cls, headers: Mapping[str, str]) -> Validators:
        """Those of a response. One that is no well-formed header is none."""
        etag = headers.get("etag", "").strip()
        last_modified = headers.get("last-modified", "").strip()
        return cls(
            etag if _ETAG.fullmatch(etag) else "",
            last_modified if _DATE.fullmatch(last_modified) else "",
        )

    @property
    def conditions(self) -> dict[str, str]:
        """The headers of a request for the page if it has changed; empty if nothing is known."""
        headers = {"If-None-Match": self.etag, "If-Modified-Since": self.last_modified}
        return {name: value for name, value in headers.items() if value}


NO_VALIDATORS = Validators()
