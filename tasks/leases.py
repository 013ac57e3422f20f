"""Who holds a lease, and whether that process is still there."""

from __future__ import annotations

import os
import socket
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Protocol

from django.conf import settings


class Leased(Protocol):
    """A row that a worker may hold: a task, or a batch."""

    lease_holder: str
    lease_expires_at: datetime | None


@lru_cache(maxsize=1)
def _host() -> str:
    """This machine since its last boot, and the namespace of process ids (a container has its own):
    within it, a process id means one process."""
    boot_id, namespace = Path("/proc/sys/kernel/random/boot_id"), Path("/proc/self/ns/pid")
    if not boot_id.exists() or not namespace.exists():
        return socket.gethostname()[:64]
    boot = boot_id.read_text()[:8]
    return f"{socket.gethostname()[:64]}@{boot}-{namespace.stat().st_ino}"


def _started(pid: int) -> str:
    """When process `pid` began, in the kernel's ticks: tells a process from one that reuses its id.

    Empty where there is no such process, or no /proc to look at (see proc(5), field 22).
    """
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return ""
    state, *rest = stat.rpartition(")")[2].split()
    return "" if state in "ZX" else rest[18]


def current_holder() -> str:
    """This process's name as the holder of a lease: `host@boot-namespace/pid/started`."""
    return _living_holder(os.getpid())


@lru_cache(maxsize=1)
def _living_holder(pid: int) -> str:
    """By the process id, because a forked child inherits what its parent has remembered."""
    return f"{_host()}/{pid}/{_started(pid)}"


def is_held(row: Leased, now: datetime) -> bool:
    """Whether somebody may still be at work on the task or batch."""
    if not row.lease_holder or row.lease_expires_at is None:
        return False
    return row.lease_expires_at > now and not is_dead(row.lease_holder)


def lasts(row: Leased, now: datetime) -> bool:
    """Whether the lease on it outlasts a worker's next heartbeat by far, and needs no renewal.

    The end of a lease is indexed, so renewing it costs more than any other writing.
    """
    if row.lease_expires_at is None:
        return False
    left = (row.lease_expires_at - now).total_seconds()
    return left > settings.AGENTFORGE_LEASE_SECONDS * 2 / 3


def is_dead(holder: str) -> bool:
    """Whether `holder` is known to be gone. A process of another machine is never known to be."""
    host, _, rest = holder.partition("/")
    pid, _, started = rest.partition("/")
    if host != _host() or not started:
        return False
    return _started(int(pid)) != started
