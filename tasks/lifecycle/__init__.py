"""The only writer of a task's state, percent, steps and events.

Requests submit, cancel and retry. Workers claim a step, report on it, and end it. The sweep
redispatches what the broker lost and takes back what a dead worker held. Retention removes what
has been kept long enough. Each of these verbs is one guarded change (`tasks.lifecycle.change`), so
whoever comes second is told so by `tasks.errors.Superseded` or `IllegalTransition` and has changed
nothing.
"""

from tasks.lifecycle.ahead import hand_ahead
from tasks.lifecycle.batch_rescue import end_overdue, take_back_batch
from tasks.lifecycle.batch_settling import Settled, finish_batch
from tasks.lifecycle.batches import BatchClaim, claim_batch, plan, release
from tasks.lifecycle.printing import log_lines
from tasks.lifecycle.requests import Submission, cancel, retry, submit
from tasks.lifecycle.retention import SHORT_HISTORY, forget, trim
from tasks.lifecycle.sweeping import redispatch, take_back
from tasks.lifecycle.undoing import (
    UndoClaim,
    begin_undo,
    confirm_undo,
    finish_undo,
    postpone_undo,
    resend_undo,
)
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
    "SHORT_HISTORY",
    "BatchClaim",
    "Claim",
    "LeaseCheck",
    "Settled",
    "Submission",
    "UndoClaim",
    "begin_undo",
    "cancel",
    "cancelled",
    "claim",
    "claim_batch",
    "confirm_undo",
    "end_overdue",
    "fail",
    "finish_batch",
    "finish_undo",
    "forget",
    "hand_ahead",
    "hand_back",
    "log",
    "log_lines",
    "plan",
    "postpone",
    "postpone_undo",
    "redispatch",
    "release",
    "renew",
    "report",
    "resend_undo",
    "retry",
    "still_held",
    "submit",
    "succeed",
    "take_back",
    "take_back_batch",
    "trim",
]
