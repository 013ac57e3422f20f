from django.apps import AppConfig


class TasksConfig(AppConfig):
    name = "tasks"
    verbose_name = "Background tasks"

    def ready(self) -> None:
        from tasks import rescue, retention_rules, undo  # noqa: F401  (register their Celery tasks)
        from tasks.webhooks import courier  # noqa: F401  (registers the delivery)
