"""The project's own settings, and the workflows that only tests run."""

from agentforge.settings import *  # noqa: F403
from agentforge.settings import INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "tests.workflows"]
