"""Runs a program and stands between it and the worker: nothing that it starts outlives it.

    python guard.py PARENT_PID MEMORY PROCESSES SCRATCH COMMAND [ARGUMENT …]

The guard is where every process below the program ends up when its parent dies (prctl(2),
PR_SET_CHILD_SUBREAPER), also one that has made itself a daemon. So it can find and kill them all:
when the program has ended, and at once when the worker is gone.

Its standard input is its line to the worker. A byte asks to stop: SIGTERM to the program's process
group, and SIGKILL to what is left two seconds later. The end of the line means that the worker has
gone, or wants everything to end now. The guard ends as the program did: with its exit code, or by
the same signal.

MEMORY, in bytes, and PROCESSES are what the program and all below it may have together; 0 sets no
limit. The guard looks ten times a second. Of what has more it writes the first letter to the line,
and kills it. SCRATCH is a directory that it removes at the end, with the file descriptor of its
lock, as `5:/tmp/x`; it may be empty.

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
from process_tree import (  # type: ignore[import-not-found]
    below,
    descendants,
    kill,
    proportional,
    resident,
)
from removal import remove  # type: ignore[import-not-found]

PR_SET_CHILD_SUBREAPER = 36
LINE = 0
STOP_SECONDS = 2.0
"""Between SIGTERM and SIGKILL."""
LOOK_SECONDS = 0.1
"""Between two looks at what the program uses."""
CANNOT_START = 126


class Guard:
    """The guard of one program, which is its child.

    Args:
        program: its process id.
        memory: bytes that it may hold; 0 for no limit.
        processes: how many there may be of it; 0 for no limit.
    """

    def __init__(self, program: int, memory: int = 0, processes: int = 0) -> None:
        self._program = program
        self._memory = memory
        self._processes = processes
        self._look_at = 0.0 if memory or processes else float("inf")
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
            self._look()
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
        patience = min(min(self._kill_at, self._look_at) - time.monotonic(), 3600)
        heard = [self._wake, LINE] if self._line_is_open else [self._wake]
        readable, _, _ = select.select(heard, [], [], max(patience, 0))
        if self._wake in readable:
            os.read(self._wake, 512)
        if LINE in readable:
            self._hear()

    def _look(self) -> None:
        """Kill what uses more than it may, and say what it was."""
        if time.monotonic() < self._look_at:
            return
        self._look_at = time.monotonic() + LOOK_SECONDS
        held = resident(below(os.getpid()))
        over = b""
        if 0 < self._processes < len(held):
            over = b"p"
        elif 0 < self._memory < sum(held.values()) and self._memory < proportional(list(held)):
            over = b"m"
        if over:
            with suppress(OSError):
                os.write(LINE, over)
            self._look_at = float("inf")
            self._kill_soon()

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


def main(parent: int, memory: int, processes: int, scratch: str, command: list[str]) -> None:
    """Run `command` under guard for the process `parent`."""
    lock, _, directory = scratch.partition(":")
    if directory:
        # It holds the lock as long as the guard lives, and no longer.
        os.set_inheritable(int(lock), False)
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
    guard = Guard(program, memory, processes)
    tie_to(parent, signal.SIGTERM)
    status = guard.watch()
    if directory:
        remove(directory)
    end_as(status)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4], sys.argv[5:])
