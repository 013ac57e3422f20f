"""What the engine's own errors mean, and what to try next, beyond their one sentence."""

from __future__ import annotations

_BY_CODE = {
    "time_limit": (
        "The step was stopped because it took longer than it may. Was it near its end? Give the "
        "task less to do, or raise the step's limit. Did it stand still? Its last lines in the log "
        "say where."
    ),
    "worker_lost": (
        "Each worker that took this step was gone before it was done: killed by the system for "
        "its memory, most often, or crashed in a library. The worker's log and the system's say "
        "which. A retry gives it another chance."
    ),
    "unexpected_error": (
        "The step's code met something that nobody foresaw. The traceback below shows where. If "
        "its cause is gone, retry from the failed step; if not, the code needs a change."
    ),
    "program_failed": (
        "The step ran a program, and that ended with an error. The program's last lines in the "
        "log say why."
    ),
    "temporarily_failed": (
        "It failed at each attempt that it was allowed, for a reason that may pass by itself. "
        "Retry it when the other side is well again."
    ),
    "provider_failed": (
        "The provider of the agent refused or did not answer. Check its account and its status, "
        "then retry from the failed step: nothing is made twice."
    ),
}


def explanation(error_code: str) -> str:
    """The explanation of an error; empty where its own sentence says it all."""
    return _BY_CODE.get(error_code, "")
