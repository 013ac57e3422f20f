"""`python -m tests.on_servers`: the tests marked `services`, on servers that others use, too.

DATABASE_URL, REDIS_URL and CELERY_BROKER_URL name the servers. The tests get a Redis number and a
vhost of their own there. Arguments go to pytest.
"""

from __future__ import annotations

import os
import sys

import pytest

from tests.own_broker import own_broker


def main() -> int:
    """Run the tests; pytest's exit code."""
    with own_broker(os.environ) as environment:
        os.environ.update(environment)
        return pytest.main(["-m", "services", *sys.argv[1:]])


if __name__ == "__main__":
    sys.exit(main())
