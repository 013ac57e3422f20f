"""A reader that keeps to its limits, but never comes to an end."""

import json
import sys
from typing import Any

from agents.knowledge.files import reader
from agents.knowledge.files.limits import Limits


def spin(kind: str, body: bytes, limits: Limits) -> dict[str, Any]:
    while True:
        pass


reader._answer = spin
reader.main(sys.argv[1], Limits(**json.loads(sys.argv[2])))
