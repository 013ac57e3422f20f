import logging

from django.apps import AppConfig, apps
from django.db.models.signals import post_migrate

from agentforge.environment import env

logger = logging.getLogger(__name__)


class AgentForgeConfig(AppConfig):
    name = "agentforge"

    def ready(self) -> None:
        from agentforge.roles import make_groups

        # After the last app, when the permissions of all are there.
        post_migrate.connect(make_groups, sender=apps.get_app_config("agents"))
        for name in env.unknown_variables():
            logger.warning("%s is no setting and changes nothing; see docs/settings.md.", name)
