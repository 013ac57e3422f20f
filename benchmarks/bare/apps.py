from django.apps import AppConfig


class BareConfig(AppConfig):
    name = "benchmarks.bare"
    label = "bare"

    def ready(self) -> None:
        from benchmarks.bare import chains, workflows  # noqa: F401  (registers them)
