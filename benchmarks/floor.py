"""What no build can be faster than: pages fetched and parsed, their links followed, nothing kept.

One process fetches and parses, as a crawler has it; or two share the URLs, which are then known
beforehand, so that neither has to tell the other what it has found.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from urllib.parse import urldefrag, urljoin, urlsplit

import httpx
from httpx_aiohttp import AiohttpTransport
from lxml import html  # type: ignore[import-untyped]

CONCURRENCY = 16


def crawl(root: str, known: Sequence[str] = ()) -> tuple[list[str], float]:
    """The URLs below `root`, or those that are known, and the seconds it took to read them."""
    return asyncio.run(_crawl(root, known))


async def _crawl(root: str, known: Sequence[str]) -> tuple[list[str], float]:
    begun = time.perf_counter()
    waiting, seen = list(known or [root]), set(known or [root])
    pages: list[str] = []

    busy = 0

    async def work(client: httpx.AsyncClient) -> None:
        nonlocal busy
        while waiting or busy:
            if not waiting:
                await asyncio.sleep(0.001)
                continue
            url = waiting.pop()
            busy += 1
            answer = await client.get(url)
            busy -= 1
            if not answer.headers.get("content-type", "").startswith("text/html"):
                continue
            tree = html.fromstring(answer.content)
            pages.append(url)
            if known:
                continue
            for href in set(tree.xpath("//a/@href")):
                link = urldefrag(urljoin(url, href)).url
                if link not in seen and urlsplit(link).netloc == urlsplit(root).netloc:
                    seen.add(link)
                    waiting.append(link)

    async with httpx.AsyncClient(transport=AiohttpTransport(), timeout=60) as client:
        await asyncio.gather(*(work(client) for _ in range(CONCURRENCY)))
    return pages, time.perf_counter() - begun


def floor(root: str) -> dict[str, float]:
    """Pages a second of one process that follows links, and of two that know the URLs."""
    with ProcessPoolExecutor(2) as pool:
        list(pool.map(crawl, [root] * 2, [[root]] * 2))  # imports are done
        pages, seconds = pool.submit(crawl, root).result()
        begun = time.perf_counter()
        list(pool.map(crawl, [root] * 2, [pages[::2], pages[1::2]]))
        both = time.perf_counter() - begun
    return {"one process": len(pages) / seconds, "two processes": len(pages) / both}
