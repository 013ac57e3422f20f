"""What OPTIONS answers."""

from __future__ import annotations

from typing import Any

from rest_framework.metadata import SimpleMetadata
from rest_framework.request import Request


class PlainMetadata(SimpleMetadata):
    """Names the resource. What may be sent to it, which DRF would guess from the answers of a list,
    stands in `/schema`."""

    def determine_actions(self, request: Request, view: Any) -> dict[str, Any]:
        return {}
