import logging

from django.apps import AppConfig

from agentforge.environment import env

logger = logging.getLogger(__name__)


class AgentForgeConfig(AppConfig):
    name = "agentforge"

    def ready(self) -> None:
        for name in env.unknown_variables():
            logger.warning("%s is no setting and changes nothing; see docs/settings.md.", name)
