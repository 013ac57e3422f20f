from django.apps import AppConfig


class TasksConfig(AppConfig):
    name = "tasks"
    verbose_name = "Background tasks"

    def ready(self) -> None:
        from tasks import (  # noqa: F401  (register themselves)
            rescue,
            retention_rules,
            standby,
            undo,
        )
        from tasks.webhooks import courier  # noqa: F401  (registers the delivery)
