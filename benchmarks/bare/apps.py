from django.apps import AppConfig


class BareConfig(AppConfig):
    name = "benchmarks.bare"
    label = "bare"

    def ready(self) -> None:
        from benchmarks.bare import (  # noqa: F401  (register them)
            blocked,
            chains,
            programs,
            workflows,
        )
