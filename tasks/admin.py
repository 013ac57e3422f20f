"""The admin's pages of the engine, which Django finds through this module."""

from tasks import (  # noqa: F401  (each registers its pages)
    admin_audit,
    admin_dead_letters,
    admin_groups,
    admin_history,
    admin_results,
    admin_tasks,
    admin_tokens,
    admin_users,
    admin_webhooks,
)
