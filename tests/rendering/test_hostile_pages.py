"""Pages that try to get out of the browser, to keep it busy for ever, or to fill the memory."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from agents.crawl.rendering.chromium import Chromium, find_chromium
from agents.crawl.rendering.limits import RenderLimits
from tasks.programs.process_tree import descendants
from tests.crawl.conftest import redirect, reply
from tests.engine.waiting import eventually
from tests.processes import is_there
from tests.rendering.conftest import Rendering1, rendering_with
from tests.rendering.test_rendering import TEXT, page_with
from tests.site import Site

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

ROOT = Path(__file__).resolve().parents[2]
INTRUDER = """
const made = (name, properties) => Object.assign(document.createElement(name), properties);
const attempts = {
  fetch: () => fetch(B + '/fetch', {mode: 'no-cors'}),
  post: () => fetch(B + '/post', {method: 'POST', mode: 'no-cors', body: 'x'}),
  moved: () => fetch('/moved'),
  metadata: () => fetch('http://169.254.169.254/latest/meta-data/', {mode: 'no-cors'}),
  mapped: () => fetch('http://[::ffff:7f00:2]:' + PORT + '/', {mode: 'no-cors'}),
  number: () => fetch('http://2130706434:' + PORT + '/', {mode: 'no-cors'}),
  image: () => { new Image().src = B + '/image'; },
  socket: () => { new WebSocket(B.replace('http', 'ws') + '/socket'); },
  events: () => { new EventSource(B + '/events'); },
  beacon: () => navigator.sendBeacon(B + '/beacon', 'x'),
  transport: () => new WebTransport(`https://127.0.0.2:${UDP}/`).ready,
  rtc: async () => {
    const peer = new RTCPeerConnection({iceServers: [{urls: `stun:127.0.0.2:${UDP}`}]});
    peer.createDataChannel('x');
    await peer.setLocalDescription(await peer.createOffer());
  },
  registered: () => navigator.serviceWorker.register('/worker.js'),
  worker: () => { new Worker('/worker.js'); },
  shared: () => { new SharedWorker('/worker.js'); },
  inline: () => {
    new SharedWorker(URL.createObjectURL(new Blob([`fetch('${B}/inline')`])));
  },
  popup: () => { window.open(B + '/popup'); },
  frame: () => { document.body.append(made('iframe', {src: B})); },
  download: () => made('a', {href: B + '/file', download: 'x'}).click(),
  form: () => {
    const form = made('form', {action: B, method: 'post'});
    document.body.append(form);
    form.submit();
  },
};
(async () => {
  // As long as it changes, the page has not come to rest.
  const clock = setInterval(() => root.append('.'), 100);
  for (const [name, attempt] of Object.entries(attempts)) {
    try { await attempt(); root.append(name, ' '); } catch { root.append(name, '! '); }
  }
  clearInterval(clock);
  root.append('END');
})();
"""
HINTS = "".join(
    f"<link rel={rel} href={{base}}/{rel}>"
    for rel in ("preconnect", "dns-prefetch", "prefetch", "preload", "prerender", "manifest")
)


class Private:
    """A TCP and a UDP port at an address that is private to the crawl; whoever knocks is noted."""

    def __init__(self) -> None:
        self._tcp = socket.create_server(("127.0.0.2", 0))
        self._udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._udp.bind(("127.0.0.2", 0))
        for listener in (self._tcp, self._udp):
            listener.setblocking(False)
        self.port = self._tcp.getsockname()[1]
        self.udp_port = self._udp.getsockname()[1]

    def visits(self) -> list[str]:
        """Who has come, over which protocol."""
        found = []
        with suppress(BlockingIOError):
            visitor, _ = self._tcp.accept()
            with visitor:
                found.append(f"tcp: {visitor}")
        with suppress(BlockingIOError):
            found.append(f"udp: {self._udp.recvfrom(99)}")
        return found

    def close(self) -> None:
        self._tcp.close()
        self._udp.close()


@pytest.fixture
def private() -> Iterator[Private]:
    listening = Private()
    yield listening
    listening.close()


async def test_nothing_of_the_browser_reaches_a_private_address(
    site: Site, rendered: Rendering1, private: Private
) -> None:
    base = f"http://127.0.0.2:{private.port}"
    constants = f"const B = '{base}', PORT = {private.port}, UDP = {private.udp_port};"
    site.pages |= {
        "/": page_with(constants + INTRUDER, HINTS.format(base=base)),
        "/moved": redirect(f"{base}/moved"),
        "/worker.js": reply(
            body=f"fetch('{base}/worker'); self.onconnect = () => fetch('{base}/connect')".encode(),
            content_type="text/javascript",
        ),
    }
    page = await rendered(f"{site.url}/", seconds=60.0, rest_seconds=30.0)
    told = page.result.body.decode()
    assert "END" in told
    for name in ("fetch", "post", "moved", "metadata", "mapped", "number"):
        assert f"{name}! " in told.replace(".", "")
    assert private.visits() == []
    # The listener would have noticed.
    with socket.create_connection(("127.0.0.2", private.port)):
        assert len(private.visits()) == 1


async def test_dialogs_popups_and_downloads_do_not_hold_up_a_page(
    site: Site, rendered: Rendering1
) -> None:
    site.pages |= {
        "/": page_with(
            "alert(1); confirm(2); prompt(3); print(); window.open('/popup');"
            "onbeforeunload = () => 'stay';"
            "Object.assign(document.createElement('a'), {href: '/file', download: 'x'}).click();"
            f"root.textContent = `{TEXT}`"
        ),
        "/popup": "x",
        "/file": reply(body=b"x", content_disposition="attachment"),
    }
    page = await rendered(f"{site.url}/")
    assert TEXT.strip() in page.result.body.decode()
    assert not {"/popup", "/file"} & set(site.requests)


async def test_a_script_without_end_costs_only_its_own_page(
    site: Site, rendered: Rendering1
) -> None:
    site.pages |= {
        "/endless": page_with("while (true) {}"),
        "/alerts": page_with("while (true) alert(1)"),
        "/good": page_with(f"root.textContent = `{TEXT}`"),
    }
    for path in ("/endless", "/alerts"):
        page = (await rendered(f"{site.url}{path}", seconds=2)).result
        assert (page.status.value, page.reason_code) == ("fetched", "not_rendered")
        assert "within 2 seconds" in page.reason
        assert page.body == str(site.pages[path]).encode()
    assert (await rendered(f"{site.url}/good")).result.rendered


async def test_a_page_that_never_rests_is_taken_as_it_is(site: Site, rendered: Rendering1) -> None:
    site.pages["/"] = page_with(
        "let n = 0; setInterval(() => { root.append(`word${++n} `); fetch('/x' + n) }, 100)"
    )
    page = (await rendered(f"{site.url}/", rest_seconds=1.0)).result
    assert page.rendered, page.reason
    assert b"word1 " in page.body


async def test_only_so_many_requests_of_a_page_are_answered(
    site: Site, rendered: Rendering1
) -> None:
    site.pages["/"] = page_with("for (let n = 0; n < 50; n++) fetch('/data' + n)")
    assert (await rendered(f"{site.url}/", requests=10)).result.rendered
    assert sum(path.startswith("/data") for path in site.requests) == 10


async def test_a_page_that_grows_too_large_is_not_taken(site: Site, rendered: Rendering1) -> None:
    site.pages |= {
        "/elements": page_with(
            "for (let n = 0; n < 9000; n++) root.append(document.createElement('b'))"
        ),
        "/text": page_with("root.textContent = 'x'.repeat(9000)"),
    }
    for path, limit in (("/elements", {"nodes": 5000}), ("/text", {"page_bytes": 5000})):
        page = (await rendered(f"{site.url}{path}", **limit)).result
        assert (page.reason_code, page.rendered) == ("not_rendered", False)
        assert "larger than the limit of 5,000" in page.reason


async def test_a_page_cannot_lie_about_itself(site: Site, rendered: Rendering1) -> None:
    site.pages["/"] = page_with(
        f"root.textContent = `{TEXT}`;"
        "JSON.stringify = () => { throw 1 };"
        "for (const name of ['outerHTML', 'innerText']) {"
        "  for (const kind of [Element, HTMLElement]) {"
        "    Object.defineProperty(kind.prototype, name, {get: () => 'a lie'}); } }"
    )
    page = (await rendered(f"{site.url}/")).result
    assert TEXT.strip() in page.body.decode()


async def test_a_browser_that_takes_too_much_memory_is_ended(site: Site) -> None:
    site.pages["/"] = page_with("setInterval(() => root.append('x '), 100)")
    limits = RenderLimits(memory_bytes=1_000_000)
    async with (
        Chromium(find_chromium(), limits, sandbox=False) as greedy,
        rendering_with(greedy, limits) as (fetcher, rendering),
    ):
        page = (await rendering.of(await fetcher.fetch(f"{site.url}/"))).result
    assert "more than 1 megabytes of memory" in page.reason


async def test_a_browser_that_cannot_be_started_is_named(site: Site) -> None:
    site.pages["/"] = page_with("")
    async with (
        Chromium("/bin/true", RenderLimits(), sandbox=False) as broken,
        rendering_with(broken, RenderLimits()) as (fetcher, rendering),
    ):
        page = (await rendering.of(await fetcher.fetch(f"{site.url}/"))).result
    assert page.reason_code == "not_rendered"
    assert "The browser /bin/true could not be started. Try /bin/true" in page.reason


async def test_a_cancelled_page_leaves_no_process_behind(site: Site) -> None:
    site.pages["/"] = page_with("fetch('/started').then(() => { while (true) {} })")
    site.pages["/started"] = "x"
    before = descendants(os.getpid())

    async def render() -> None:
        async with (
            Chromium(find_chromium(), RenderLimits(), sandbox=False) as own,
            rendering_with(own, RenderLimits()) as (fetcher, rendering),
        ):
            await rendering.of(await fetcher.fetch(f"{site.url}/"))

    running = asyncio.create_task(render())
    await asyncio.to_thread(eventually, lambda: site.requests["/started"], 30)
    processes = [process.pid for process in descendants(os.getpid()) if process not in before]
    assert len(processes) > 2
    started = time.monotonic()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert time.monotonic() - started < 5
    await asyncio.to_thread(eventually, lambda: not any(map(is_there, processes)))


WORKER = """
import asyncio, sys
from agents.crawl.rendering.limits import RenderLimits
from tests.processes import is_there
from tests.rendering.conftest import Chromium, find_chromium, rendering_with

async def main():
    async with (
        Chromium(find_chromium(), RenderLimits(seconds=60), sandbox=False) as own,
        rendering_with(own, RenderLimits()) as (fetcher, rendering),
    ):
        await rendering.of(await fetcher.fetch(sys.argv[1]))

asyncio.run(main())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="looks at /proc")
async def test_the_death_of_a_worker_ends_its_browser(site: Site) -> None:
    site.pages["/"] = page_with("fetch('/started').then(() => { while (true) {} })")
    site.pages["/started"] = "x"
    command = [sys.executable, "-c", WORKER, f"{site.url}/"]
    worker = await asyncio.create_subprocess_exec(*command, cwd=ROOT)
    await asyncio.to_thread(eventually, lambda: site.requests["/started"], 30)
    processes = [process.pid for process in descendants(worker.pid)]
    assert len(processes) > 2
    worker.kill()
    await worker.wait()
    await asyncio.to_thread(eventually, lambda: not any(map(is_there, processes)))
