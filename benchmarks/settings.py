"""The project's settings, with what the benchmarks compare it with."""

import os

os.environ.setdefault("AGENTFORGE_RATE_SUBMIT", "100000/min")

from agentforge.settings import *  # noqa: F403
from agentforge.settings import INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "benchmarks.bare"]
ROOT_URLCONF = "benchmarks.bare.urls"
