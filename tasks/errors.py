"""The engine's exceptions. A docstring is the default message, and a user may read it."""

from __future__ import annotations

from collections.abc import Mapping

from django.core.exceptions import PermissionDenied


class EngineError(Exception):
    """The engine could not do this."""

    def __init__(self, message: str = "") -> None:
        super().__init__(message or " ".join((type(self).__doc__ or "").split()))


class UnknownWorkflow(EngineError):
    """There is no workflow of that name."""


class InvalidParams(EngineError):
    """The parameters do not fit the workflow.

    Args:
        errors: sentences by field path, such as `{"urls.0": ["…"]}`.
    """

    def __init__(self, errors: Mapping[str, list[str]]) -> None:
        self.errors = dict(errors)
        super().__init__(" ".join(f"{field}: {' '.join(m)}" for field, m in errors.items()))


class TaskNotFound(EngineError):
    """There is no such task. Check the task_id."""


class NotAllowed(EngineError, PermissionDenied):
    """You may see this, but not do that to it. Ask an administrator for the permission."""


class IllegalTransition(EngineError):
    """The task's state does not allow this."""


class IdempotencyConflict(EngineError):
    """This idempotency key was used before, with another request. Send a new key, or repeat the
    first request exactly."""


class Superseded(EngineError):
    """Somebody else won: the task has moved on, was restarted, or another worker holds it."""


class StepAlreadyDone(EngineError):
    """The step has finished before; a second delivery of its message has nothing to do."""


class StepError(EngineError):
    """A step failed.

    Args:
        message: what happened and what to do, in a sentence that a user may read.
        code: a short name of the reason, for machines.
    """

    default_code = "step_failed"

    def __init__(self, message: str = "", *, code: str = "") -> None:
        super().__init__(message)
        self.code = code or self.default_code


class PermanentError(StepError):
    """The step failed, and trying again would not help."""


class TimeLimitExceeded(PermanentError):
    """The step ran longer than it may."""

    default_code = "time_limit"


class ProgramLimitExceeded(PermanentError):
    """A program that the step ran used more than it may."""

    default_code = "program_limit"


class ProgramFailed(StepError):
    """A program that the step ran did not end with exit code 0."""

    default_code = "program_failed"


class TransientError(StepError):
    """The step failed for now; another attempt may succeed."""

    default_code = "temporarily_failed"


class StepInterrupted(BaseException):
    """A step must stop now. No error: a step that catches `Exception` must not catch this."""


class StepCancelled(StepInterrupted):
    """Somebody cancelled the task."""


class StepTimedOut(StepInterrupted):
    """The step has run for as long as it may."""


class LeaseLost(StepInterrupted):
    """This attempt no longer holds the lease: another worker or a new run goes on with the step."""
