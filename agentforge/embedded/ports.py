"""TCP ports: which are free, and why one cannot be had."""

from __future__ import annotations

import errno
import socket

REASONS = {
    errno.EADDRINUSE: "another program listens there. Stop it, or choose another port",
    errno.EACCES: "ports below 1024 need privileges. Choose a higher --port",
    errno.EADDRNOTAVAIL: "this machine has no such address. Choose another --host",
}


def free_port(host: str = "127.0.0.1") -> int:
    """A port of `host` that nothing listens on at this moment."""
    with socket.socket() as probe:
        probe.bind((host, 0))
        port: int = probe.getsockname()[1]
        return port


def why_not(host: str, port: int) -> str:
    """Why nothing can listen on `port` of `host`, in words; empty when it can."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with socket.socket(family, kind, protocol) as probe:
            # Without it, connections of a server that has just stopped would keep the port taken.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except socket.gaierror:
        return "the host name is not known here. Choose another --host"
    except OSError as error:
        return REASONS.get(error.errno or 0, f"{error.strerror}. Choose another --host or --port")
    return ""
