from django.apps import AppConfig


class TasksConfig(AppConfig):
    name = "tasks"
    verbose_name = "Background tasks"

    def ready(self) -> None:
        # They register what they do.
        from tasks import frozen, garbage, rescue, retention_rules, standby, undo  # noqa: F401
        from tasks.webhooks import courier  # noqa: F401  (registers the delivery)
