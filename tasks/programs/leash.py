"""Runs a command that the kernel kills when its parent dies, whatever the parent died of.

    python leash.py PARENT_PID COMMAND [ARGUMENT …]

Nothing that the parent does at its own end can cover SIGKILL or a crash, so the child asks the
kernel (prctl(2), PR_SET_PDEATHSIG); the wish survives the exec. "Parent" means the *thread* that
made the child: start leashed commands from the main thread. Other systems than Linux have no such
call; there the command runs without a leash.

The file stands alone, so that Python can run it isolated (`-I -S`) in about ten milliseconds.
"""

import ctypes
import os
import signal
import sys
from collections.abc import Sequence

PR_SET_PDEATHSIG = 1


def leashed(command: Sequence[str]) -> list[str]:
    """`command`, as the calling process has to start it in order to take it along at its death."""
    return [sys.executable, "-I", "-S", __file__, str(os.getpid()), *command]


def tie_to(parent: int, death_signal: int) -> None:
    """Let the kernel send this process `death_signal` when the thread that made it ends.

    Args:
        parent: the process that this one was made by.

    Raises:
        SystemExit: the parent is gone already.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, death_signal)
        # The parent may have died before the call above; then no signal comes any more.
        if os.getppid() != parent:
            sys.exit(f"process {parent}, which started this one, is gone")


def main(parent: int, command: list[str]) -> None:
    """Tie this process to `parent` and become `command`."""
    tie_to(parent, signal.SIGKILL)
    os.execvp(command[0], command)  # noqa: S606 (the command is the supervisor's own)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
