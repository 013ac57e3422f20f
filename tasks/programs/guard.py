"""Runs a program and stands between it and the worker: nothing that it starts outlives it.

    python guard.py PARENT_PID COMMAND [ARGUMENT …]

The guard is where every process below the program ends up when its parent dies (prctl(2),
PR_SET_CHILD_SUBREAPER), also one that has made itself a daemon. So it can find and kill them all:
when the program has ended, and at once when the worker is gone.

Its standard input is its line to the worker. A byte asks to stop: SIGTERM to the program's process
group, and SIGKILL to what is left two seconds later. The end of the line means that the worker has
gone, or wants everything to end now. The guard ends as the program did: with its exit code, or by
the same signal.

The file needs its neighbours and the standard library only, so that Python runs it without its site
packages, in about ten milliseconds.
"""

import ctypes
import os
import resource
import select
import signal
import sys
import time
from contextlib import suppress

from leash import tie_to  # type: ignore[import-not-found]  # the path is this directory
from process_tree import descendants, kill  # type: ignore[import-not-found]

PR_SET_CHILD_SUBREAPER = 36
LINE = 0
STOP_SECONDS = 2.0
"""Between SIGTERM and SIGKILL."""
CANNOT_START = 126


class Guard:
    """The guard of one program, which is its child."""

    def __init__(self, program: int) -> None:
        self._program = program
        self._status: int | None = None
        self._is_alone = False
        self._line_is_open = True
        self._kill_at = float("inf")
        self._is_stopping = False
        self._wake, writing_end = os.pipe()
        os.set_blocking(writing_end, False)
        signal.set_wakeup_fd(writing_end)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        # The leash: the thread that started the guard has ended.
        signal.signal(signal.SIGTERM, lambda *_: self._kill_soon())

    def watch(self) -> int:
        """Wait for the program's end, and see to that of all below it: its wait status."""
        # One that was over before this process listened for its end has told nobody.
        self._reap()
        while not self._is_over() and time.monotonic() < self._kill_at:
            self._listen()
            self._reap()
        while not self._is_alone:
            self._send(signal.SIGKILL)
            kill(descendants(os.getpid()))
            time.sleep(0.005)
            self._reap()
        return self._status or 0

    def _is_over(self) -> bool:
        """The end of the program is that of all below it; of its group only if nobody asked it to
        stop: then its members have been asked, too, and have their time."""
        return self._status is not None and not (self._is_stopping and self._group_is_there())

    def _group_is_there(self) -> bool:
        try:
            os.killpg(self._program, 0)
        except ProcessLookupError:
            return False
        return True

    def _listen(self) -> None:
        patience = min(self._kill_at - time.monotonic(), 3600)
        heard = [self._wake, LINE] if self._line_is_open else [self._wake]
        readable, _, _ = select.select(heard, [], [], max(patience, 0))
        if self._wake in readable:
            os.read(self._wake, 512)
        if LINE in readable:
            self._hear()

    def _hear(self) -> None:
        if not os.read(LINE, 512):
            self._line_is_open = False
            self._kill_soon()
        elif not self._is_stopping:
            self._is_stopping = True
            self._kill_at = time.monotonic() + STOP_SECONDS
            self._send(signal.SIGTERM)

    def _send(self, number: int) -> None:
        """Send a signal to the program and its group, which may not be made yet."""
        if self._status is None:
            for send in (os.kill, os.killpg):
                with suppress(ProcessLookupError, PermissionError):
                    send(self._program, number)

    def _kill_soon(self) -> None:
        self._is_stopping, self._kill_at = True, 0

    def _reap(self) -> None:
        try:
            while (ended := os.waitpid(-1, os.WNOHANG))[0]:
                if ended[0] == self._program:
                    self._status = ended[1]
        except ChildProcessError:
            self._is_alone = True


def become(command: list[str], guard: int) -> None:
    """Turn this child of the guard into the program. Does not return."""
    os.setpgid(0, 0)
    os.dup2(os.open(os.devnull, os.O_RDONLY), LINE)
    # The worker ignores these two, which a program would inherit.
    for number in (signal.SIGINT, signal.SIGPIPE):
        signal.signal(number, signal.SIG_DFL)
    try:
        tie_to(guard, signal.SIGKILL)
        os.execvp(command[0], command)  # noqa: S606  (that is what it is for)
    except OSError as error:
        os.write(2, f"{command[0]} cannot be started: {error.strerror}\n".encode())
    finally:
        os._exit(CANNOT_START)


def end_as(status: int) -> None:
    """End this process as another one has ended."""
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        if number != signal.SIGKILL:
            signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)
    os._exit(os.waitstatus_to_exitcode(status))


def main(parent: int, command: list[str]) -> None:
    """Run `command` under guard for the process `parent`."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1)
    own_pid = os.getpid()
    program = os.fork()
    if not program:
        become(command, own_pid)
    silence = os.open(os.devnull, os.O_WRONLY)
    for output in (1, 2):
        # Or the pipes would not end with the program.
        os.dup2(silence, output)
    guard = Guard(program)
    tie_to(parent, signal.SIGTERM)
    end_as(guard.watch())


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
