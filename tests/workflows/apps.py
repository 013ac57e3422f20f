from django.apps import AppConfig


class TestWorkflowsConfig(AppConfig):
    name = "tests.workflows"
    label = "test_workflows"
    default = True

    def ready(self) -> None:
        from tests.workflows import blocking, declared  # noqa: F401  (register the workflows)


class BriefWorkflowsConfig(AppConfig):
    """Without the workflows that hang, die or kill."""

    name = "tests.workflows"
    label = "brief_workflows"

    def ready(self) -> None:
        from tests.workflows import brief  # noqa: F401  (registers the workflows)
