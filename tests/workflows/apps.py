from django.apps import AppConfig


class TestWorkflowsConfig(AppConfig):
    name = "tests.workflows"
    label = "test_workflows"

    def ready(self) -> None:
        from tests.workflows import blocking, declared  # noqa: F401  (register the workflows)
