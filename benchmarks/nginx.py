"""nginx on loopback, with a configuration of its own."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from agentforge.embedded.ports import free_port
from benchmarks.bench import wait_until_open

PLACES = "/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin"
CONFIGURATION = """
daemon off; worker_processes 1; pid {home}/pid; error_log stderr crit;
events {{ worker_connections 512; }}
http {{
    include /etc/nginx/mime.types; sendfile on; keepalive_requests 1000000;
    log_format status "$status $body_bytes_sent $uri"; access_log {log};
    client_body_temp_path {home}/b; proxy_temp_path {home}/p; fastcgi_temp_path {home}/f;
    uwsgi_temp_path {home}/u; scgi_temp_path {home}/s;
    server {{ listen 127.0.0.1:{port}; root {folder}; index index.html; }}
}}
"""


def installed() -> str | None:
    """The path of the program; None where there is none."""
    return shutil.which("nginx", path=PLACES)


@contextmanager
def served(program: str, folder: Path, log: Path | None = None) -> Iterator[str]:
    """The URL of `folder`, served until the block ends.

    Args:
        log: gets a line for each answer: its status, the bytes of its body, and its path.
    """
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="agentforge-nginx-") as home:
        values = {"home": home, "port": port, "folder": folder.resolve()}
        configuration = Path(home) / "nginx.conf"
        configuration.write_text(
            CONFIGURATION.format(log=f"{log} status" if log else "off", **values)
        )
        # Its worker is another user, who must find the pages, when it is started by root.
        Path(home).chmod(0o755)
        process = subprocess.Popen([program, "-p", home, "-c", str(configuration)])
        try:
            wait_until_open(port)
            yield f"http://127.0.0.1:{port}/"
        finally:
            process.terminate()
            process.wait()
