"""The project's own settings, and workflows that are harmless however often they are submitted."""

from agentforge.settings import *  # noqa: F403
from agentforge.settings import INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "tests.workflows.apps.BriefWorkflowsConfig"]
