"""The only writer of a task's state, percent, steps and events.

Requests submit, cancel and retry. Workers claim a step, report on it, and end it. The sweep
redispatches what the broker lost and takes back what a dead worker held. Retention removes what
has been kept long enough. Each of these verbs is one guarded change (`tasks.lifecycle.change`), so
whoever comes second is told so by `tasks.errors.Superseded` or `IllegalTransition` and has changed
nothing.
"""

from tasks.lifecycle.batch_rescue import end_overdue, take_back_batch
from tasks.lifecycle.batch_settling import Settled, finish_batch
from tasks.lifecycle.batches import BatchClaim, claim_batch, plan, release
from tasks.lifecycle.requests import Submission, cancel, retry, submit
from tasks.lifecycle.retention import forget, trim
from tasks.lifecycle.sweeping import redispatch, take_back
from tasks.lifecycle.work import (
    Claim,
    LeaseCheck,
    cancelled,
    claim,
    fail,
    hand_back,
    log,
    postpone,
    renew,
    report,
    still_held,
    succeed,
)

__all__ = [
    "BatchClaim",
    "Claim",
    "LeaseCheck",
    "Settled",
    "Submission",
    "cancel",
    "cancelled",
    "claim",
    "claim_batch",
    "end_overdue",
    "fail",
    "finish_batch",
    "forget",
    "hand_back",
    "log",
    "plan",
    "postpone",
    "redispatch",
    "release",
    "renew",
    "report",
    "retry",
    "still_held",
    "submit",
    "succeed",
    "take_back",
    "take_back_batch",
    "trim",
]
