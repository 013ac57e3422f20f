from django.apps import AppConfig
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string


class AgentsConfig(AppConfig):
    name = "agents"

    def ready(self) -> None:
        # They register workflows and clean-up.
        from agents import pipeline, retention, task_types  # noqa: F401

        _check_class("AGENTFORGE_DESCRIBER", settings.AGENTFORGE_DESCRIBER)
        for path in settings.AGENTFORGE_PROVIDERS.values():
            _check_class("AGENTFORGE_PROVIDERS", path)


def _check_class(setting: str, path: str) -> None:
    """Refuse a class that cannot be imported now, not in the fourth step of a build."""
    try:
        import_string(path)
    except ImportError as error:
        raise ImproperlyConfigured(
            f"{setting} names a class that cannot be imported: {error}. "
            "Write its dotted path, such as my_module.MyClass, and see to it that Python finds it."
        ) from error
