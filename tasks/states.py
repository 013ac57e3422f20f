"""The states of a task and of its steps. Every other list of states derives from here."""

from django.db import models


class State(models.TextChoices):
    """Where a task is in its life."""

    QUEUED = "QUEUED", "Queued"
    """Waiting for a worker; nothing of this run has happened yet."""
    RUNNING = "RUNNING", "Running"
    """A worker has claimed a step of this run, or the next step is about to be claimed."""
    SUCCESS = "SUCCESS", "Success"
    """Every step finished. Final."""
    FAILED = "FAILED", "Failed"
    """A step failed for good. Final, unless somebody retries it."""
    CANCELLED = "CANCELLED", "Cancelled"
    """Somebody asked for the end. Final, unless somebody retries it."""


TRANSITIONS: dict[State, frozenset[State]] = {
    State.QUEUED: frozenset({State.RUNNING, State.FAILED, State.CANCELLED}),
    State.RUNNING: frozenset({State.SUCCESS, State.FAILED, State.CANCELLED}),
    State.SUCCESS: frozenset(),
    State.FAILED: frozenset({State.QUEUED}),
    State.CANCELLED: frozenset({State.QUEUED}),
}

ACTIVE = frozenset({State.QUEUED, State.RUNNING})
FINISHED = frozenset(State) - ACTIVE
RETRYABLE = frozenset(state for state in FINISHED if State.QUEUED in TRANSITIONS[state])


def sources_of(target: State) -> frozenset[State]:
    """The states from which `target` may be entered."""
    return frozenset(state for state, targets in TRANSITIONS.items() if target in targets)


class StepState(models.TextChoices):
    """Where one step of a task is."""

    PENDING = "PENDING", "Pending"
    """Not begun in this run."""
    RUNNING = "RUNNING", "Running"
    """A worker holds the lease and executes it."""
    RETRYING = "RETRYING", "Retrying"
    """An attempt failed; the next one waits for its backoff."""
    SUCCESS = "SUCCESS", "Success"
    """Done; its output is kept, and a retry of the task does not repeat it."""
    FAILED = "FAILED", "Failed"
    """The attempt that ended the task."""
    CANCELLED = "CANCELLED", "Cancelled"
    """It was in hand when the task was cancelled."""


class BatchState(models.TextChoices):
    """Where one batch of a fan-out step is."""

    PENDING = "PENDING", "Pending"
    """Nobody has begun it."""
    RUNNING = "RUNNING", "Running"
    """A worker holds its lease and executes it."""
    RETRYING = "RETRYING", "Retrying"
    """An attempt failed; the next one waits for its backoff."""
    DONE = "DONE", "Done"
    """Its items are counted; nothing executes it again."""


class Priority(models.TextChoices):
    """Which queue a task waits in. Workers take the queues in this order."""

    HIGH = "high", "High"
    NORMAL = "normal", "Normal"
    LOW = "low", "Low"


class DeliveryState(models.TextChoices):
    """Where the delivery of a webhook is."""

    PENDING = "PENDING", "Pending"
    """The next attempt has its time."""
    DELIVERED = "DELIVERED", "Delivered"
    """The receiver answered with a status of 2xx."""
    GIVEN_UP = "GIVEN_UP", "Given up"
    """No attempt within a day was answered so, or the receiver said 410 Gone."""


class EventType(models.TextChoices):
    """What an event of a task's history tells."""

    STATE = "state", "State"
    STEP = "step", "Step"
    PROGRESS = "progress", "Progress"
    LOG = "log", "Log"


class Measure(models.TextChoices):
    """What the totals count."""

    RUN = "run", "Run"
    """A run of a task that ended, with the time since it was queued."""
    ATTEMPT = "attempt", "Attempt"
    """An attempt at a step that ended, with the time it took."""
    RESTART = "restart", "Restart"
    """A finished task that somebody put back into the queue."""
    RESCUE = "rescue", "Rescue"
    """A step that was taken back from a worker that died."""
