"""A Chromium without any network: whatever its pages get, somebody hands to them.

It is told to use a proxy at a port that nobody listens on, for every address, also of this machine.
Playwright's interception answers the requests of pages before they come to that; what it does not
see (web sockets, shared workers, speculative connections) comes to nothing. Names are not looked
up, and WebRTC, which knows no such proxy, may not send anything past one.
"""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import signal
import socket
import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from threading import Semaphore
from typing import TYPE_CHECKING

from agents.crawl.rendering.limits import NotRendered, RenderLimits

if TYPE_CHECKING:
    from playwright.async_api import Browser, BrowserContext

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
"""Of the programs that are looked for."""
NO_PLAYWRIGHT = (
    "The Python package playwright is not installed, which drives the browser. "
    "Run pip install -r requirements-render.txt, and start AgentForge again."
)
NO_CHROMIUM = (
    "No Chromium is installed on this machine. Install one (on Debian: apt-get install chromium), "
    "or name its program in AGENTFORGE_CHROMIUM, and start AgentForge again."
)
BUSY = "The browser is busy with the pages of somebody else. Try again in a few seconds."
START_SECONDS = 30.0
CLOSE_SECONDS = 1.0
WATCH_SECONDS = 0.25
"""Between two looks at its memory."""
VIEWPORT = (1280, 3000)
"""So tall that what loads when it comes into view is loaded."""
_ARGUMENTS = [
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--disable-gpu",
    "--disable-quic",
    "--no-pings",
    "--mute-audio",
    "--js-flags=--max-old-space-size=256",
]
_NO_SANDBOX = re.compile(r"no usable sandbox|without --no-sandbox", re.IGNORECASE)
"""What Chromium says where it cannot have one."""
_PAGE_SIZE = os.sysconf("SC_PAGE_SIZE")


def find_chromium(named: str = "") -> str:
    """The path of the program that `named` means, or of the one that is installed; empty if there
    is none."""
    return next(filter(None, map(shutil.which, [named] if named else NAMES)), "")


def missing(path: str) -> str:
    """What is missing for rendering, in a sentence that says how to mend it; empty if nothing is.

    Args:
        path: as `find_chromium` gives it.
    """
    if not path:
        return NO_CHROMIUM
    return "" if find_spec("playwright") else NO_PLAYWRIGHT


class Chromium:
    """One browser, started when a page needs it, and anew when it has died.

    Close it: use it as an asynchronous context manager. Should this process be killed, the line
    between it and the browser breaks, and the browser ends by itself.

    Args:
        path: of the program.
        sandbox: whether it confines its pages with the kernel's help, which root cannot.
        places: how many browsers this process may have at once.
    """

    def __init__(
        self, path: str, limits: RenderLimits, *, sandbox: bool, places: Semaphore | None = None
    ) -> None:
        self._path = path
        self._limits = limits
        self._sandbox = sandbox
        self._places = places or Semaphore()
        self._starting = asyncio.Lock()
        self._running: AsyncExitStack | None = None
        self._browser: Browser | None = None
        self._failure = ""
        self._is_too_large = False
        self._processes: list[int] = []

    async def __aenter__(self) -> Chromium:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stop()

    @asynccontextmanager
    async def context(self) -> AsyncIterator[BrowserContext]:
        """A browser context that shares nothing with any other: no cookie, no storage, no cache.

        Raises:
            NotRendered: the browser cannot be started.
        """
        browser = await self._started()
        width, height = VIEWPORT
        context = await browser.new_context(
            service_workers="block",
            accept_downloads=False,
            reduced_motion="reduce",
            viewport={"width": width, "height": height},
        )
        try:
            yield context
        except asyncio.CancelledError:
            raise  # The crawl is over: its end closes the browser with all that is in it.
        except BaseException:
            await self._close(context)
            raise
        await self._close(context)

    @property
    def death(self) -> str:
        """Why the browser has died, in a sentence; empty while it is there."""
        if self._is_too_large:
            megabytes = self._limits.memory_bytes // 1_000_000
            return f"It took more than {megabytes} megabytes of memory in the browser."
        if self._browser is None or not self._browser.is_connected():
            return "The browser crashed over it."
        return ""

    async def _started(self) -> Browser:
        async with self._starting:
            if self._failure:
                raise NotRendered(self._failure)
            if self._browser is None or not self._browser.is_connected():
                await self._stop()
                self._is_too_large = False
                self._browser = await self._start()
            return self._browser

    async def _start(self) -> Browser:
        from playwright.async_api import Error, async_playwright

        async with AsyncExitStack() as stack:
            if not self._places.acquire(blocking=False):
                raise NotRendered(BUSY)
            stack.callback(self._places.release)
            home = stack.enter_context(_directory())
            nowhere = stack.enter_context(socket.socket())
            nowhere.bind(("127.0.0.1", 0))  # Never listened on, and nobody else can.
            try:
                playwright = await stack.enter_async_context(async_playwright())
                browser = await playwright.chromium.launch(
                    executable_path=self._path,
                    chromium_sandbox=self._sandbox,
                    proxy={
                        "server": f"http://127.0.0.1:{nowhere.getsockname()[1]}",
                        "bypass": "<-loopback>",
                    },
                    args=_ARGUMENTS,
                    env={"PATH": os.defpath, "HOME": home, "LC_ALL": "C.UTF-8"},
                    timeout=START_SECONDS * 1000,
                    handle_sigint=False,
                    handle_sigterm=False,
                    handle_sighup=False,
                )
            except (Error, OSError) as error:
                self._failure = _launch_problem(self._path, error)
                raise NotRendered(self._failure) from error
            watching = asyncio.create_task(self._watch(browser))
            stack.callback(watching.cancel)
            stack.push_async_callback(self._close, browser)
            self._running = stack.pop_all()
        return browser

    async def _watch(self, browser: Browser) -> None:
        """End the browser when it takes too much memory."""
        from playwright.async_api import Error

        with suppress(Error):
            session = await browser.new_browser_cdp_session()
            while True:
                told = await session.send("SystemInfo.getProcessInfo")
                self._processes = [process["id"] for process in told["processInfo"]]
                if sum(map(_own_memory, self._processes)) > self._limits.memory_bytes:
                    self._is_too_large = True
                    await self._close(browser)
                    return
                await asyncio.sleep(WATCH_SECONDS)

    async def _close(self, what: Browser | BrowserContext) -> None:
        """Close it in good order, which leaves no file behind, or else kill the browser."""
        from playwright.async_api import Error

        try:
            async with asyncio.timeout(CLOSE_SECONDS):
                await what.close()
        except (TimeoutError, Error):
            self._kill()

    def _kill(self) -> None:
        """Make sure that no process of it is left."""
        for pid in self._processes:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._processes = []

    async def _stop(self) -> None:
        running, self._running, self._browser = self._running, None, None
        if running:
            await running.aclose()


def _directory() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="agentforge-browser-", ignore_cleanup_errors=True)


def _own_memory(pid: int) -> int:
    """Bytes that a process shares with no other; 0 where that cannot be told."""
    try:
        _, resident, shared, *_ = Path(f"/proc/{pid}/statm").read_text().split()
    except (OSError, ValueError):
        return 0
    return (int(resident) - int(shared)) * _PAGE_SIZE


def _launch_problem(path: str, error: Exception) -> str:
    if _NO_SANDBOX.search(str(error)):
        advice = (
            "Its sandbox needs what this machine does not allow: allow unprivileged user "
            "namespaces, or set AGENTFORGE_CHROMIUM_SANDBOX=false if the machine is confined "
            "in another way."
        )
    else:
        advice = f"Try {path} --headless --dump-dom about:blank to see what it says."
    return f"The browser {path} could not be started. {advice}"
