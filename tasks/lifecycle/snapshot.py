"""What a process knows of a task because it was the last to write it."""

from __future__ import annotations

from tasks.models import StepRun, TaskState

Rows = tuple[TaskState, list[StepRun]]


class Snapshot:
    """A task and its steps as this process left them, for a change that need not read them again.

    Whether they are as they were is for the database to say, when the change is written.
    """

    def __init__(self, rows: Rows | None = None) -> None:
        self._rows = rows

    def take(self) -> Rows | None:
        """The rows, for one change only: it is made on these very objects."""
        rows, self._rows = self._rows, None
        return rows
