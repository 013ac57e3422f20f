"""Reads pages with trafilatura, one a line, and answers with the text and the seconds it took.

It runs under the interpreter of an environment that has trafilatura; AgentForge does not need it.
"""

from __future__ import annotations

import json
import sys
import time
from importlib import import_module


def main() -> None:
    extract = import_module("trafilatura").extract
    for line in sys.stdin:
        page = json.loads(line)
        begun = time.process_time()
        text = extract(page["html"], url=page["url"], include_comments=True) or ""
        answer = {"text": text, "seconds": time.process_time() - begun}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
