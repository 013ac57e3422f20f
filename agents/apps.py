from django.apps import AppConfig
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string


class AgentsConfig(AppConfig):
    name = "agents"

    def ready(self) -> None:
        from agents import pipeline, retention  # noqa: F401  (register workflow and clean-up)

        _check_describer(settings.AGENTFORGE_DESCRIBER)


def _check_describer(path: str) -> None:
    """Refuse a describer that cannot be imported now, not in the fourth step of a build."""
    try:
        import_string(path)
    except ImportError as error:
        raise ImproperlyConfigured(
            f"AGENTFORGE_DESCRIBER cannot be imported: {error}. "
            "Write the dotted path of a class, such as my_module.MyDescriber."
        ) from error
