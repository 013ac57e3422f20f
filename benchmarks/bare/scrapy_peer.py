"""The same work as a build, as somebody would put it together of well-known parts: Scrapy fetches,
trafilatura finds the main content as Markdown, semantic-text-splitter cuts it into passages of at
most 400 tokens, and SQLite keeps and indexes them with FTS5.

It runs under the interpreter of an environment that has these; AgentForge does not need them. The
crawl has Scrapy's settings for broad crawls, pages are read by a pool of two processes as they
arrive, and rows are written in batches. The time is taken without the imports.

Run: PYTHON scrapy_peer.py URL FOLDER
"""

# mypy: ignore-errors

import asyncio
import json
import os
import re
import sqlite3
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from functools import lru_cache
from pathlib import Path

import scrapy
from scrapy.crawler import CrawlerProcess
from scrapy.linkextractors import LinkExtractor

READERS = 2
CHUNK_TOKENS = 400
ROWS_AT_ONCE = 200

SETTINGS = {
    # https://docs.scrapy.org/en/latest/topics/broad-crawls.html
    "SCHEDULER_PRIORITY_QUEUE": "scrapy.pqueues.DownloaderAwarePriorityQueue",
    "CONCURRENT_REQUESTS": 100,
    "REACTOR_THREADPOOL_MAXSIZE": 20,
    "LOG_LEVEL": "CRITICAL",
    "COOKIES_ENABLED": False,
    "RETRY_ENABLED": False,
    "AJAXCRAWL_ENABLED": False,
    # As many requests at once to the one host as AgentForge has, and no pauses.
    "CONCURRENT_REQUESTS_PER_DOMAIN": 16,
    "DOWNLOAD_DELAY": 0,
    "AUTOTHROTTLE_ENABLED": False,
    "ROBOTSTXT_OBEY": True,
    "TELNETCONSOLE_ENABLED": False,
    "TWISTED_REACTOR": "twisted.internet.asyncioreactor.AsyncioSelectorReactor",
}

SCHEMA = """
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = NORMAL;
    CREATE TABLE page (id INTEGER PRIMARY KEY, url TEXT UNIQUE, title TEXT, markdown TEXT);
    CREATE TABLE chunk (id INTEGER PRIMARY KEY, page INTEGER, position INTEGER, text TEXT);
    CREATE VIRTUAL TABLE found USING fts5(
        title, text, content='', tokenize='porter unicode61 remove_diacritics 2'
    );
"""


@lru_cache(maxsize=1)
def splitter():
    from semantic_text_splitter import MarkdownSplitter

    return MarkdownSplitter.from_tiktoken_model("gpt-4o", CHUNK_TOKENS)


def read(html, url):
    """The title, the Markdown and the passages of a page."""
    from trafilatura import extract

    if not html:
        return "", "", splitter().chunks("Warm.")
    markdown = extract(html, url=url, output_format="markdown", include_formatting=True) or ""
    title = html.partition("<title>")[2].partition("</title>")[0]
    return title, markdown, splitter().chunks(markdown)


class Store:
    """Rows that wait to be written together."""

    def __init__(self, folder):
        self._database = sqlite3.connect(folder / "peer.sqlite3")
        self._database.executescript(SCHEMA)
        self._waiting = {}
        self.pages = self.chunks = 0

    def add(self, url, title, markdown, passages):
        # A redirect may lead to a page that is linked as well.
        self._waiting.setdefault(url, (title, markdown, passages))
        if len(self._waiting) >= ROWS_AT_ONCE:
            self.flush()

    def flush(self):
        pages, chunks, found = [], [], []
        for url, (title, markdown, passages) in self._waiting.items():
            self.pages += 1
            pages.append((self.pages, url, title, markdown))
            for position, text in enumerate(passages):
                self.chunks += 1
                chunks.append((self.chunks, self.pages, position, text))
                found.append((self.chunks, title, text))
        with self._database as database:
            database.executemany("INSERT OR IGNORE INTO page VALUES (?, ?, ?, ?)", pages)
            database.executemany("INSERT INTO chunk VALUES (?, ?, ?, ?)", chunks)
            database.executemany("INSERT INTO found (rowid, title, text) VALUES (?, ?, ?)", found)
        self._waiting = {}


class Spider(scrapy.Spider):
    name = "peer"

    def __init__(self, url, pool, store):
        super().__init__()
        self.start_urls = [url]
        self.pool, self.store = pool, store
        self.links = LinkExtractor(allow=[re.escape(url)])

    def parse(self, response):
        if not isinstance(response, scrapy.http.HtmlResponse):
            return
        yield {"url": response.url, "html": response.text}
        for link in self.links.extract_links(response):
            yield response.follow(link)


class Reading:
    """Has each page read by the pool, and stores what comes back."""

    def __init__(self, spider):
        self.spider = spider

    @classmethod
    def from_crawler(cls, crawler):
        return cls(crawler.spider)

    async def process_item(self, item):
        loop = asyncio.get_running_loop()
        arguments = (item["html"], item["url"])
        found = await loop.run_in_executor(self.spider.pool, read, *arguments)
        self.spider.store.add(item["url"], *found)
        return {"url": item["url"]}

    def close_spider(self):
        self.spider.store.flush()


def used_so_far(pool):
    """Processor seconds that this process and the pool's took to import everything."""
    return time.process_time() + sum(
        sum(map(int, Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]))
        / os.sysconf("SC_CLK_TCK")
        for pid in pool._processes
    )


def main():
    url, folder = sys.argv[1], Path(sys.argv[2])
    store = Store(folder)
    with ProcessPoolExecutor(READERS) as pool:
        # Both processes have imported everything before the clock starts.
        list(pool.map(read, [""] * 20, [url] * 20))
        process = CrawlerProcess({**SETTINGS, "ITEM_PIPELINES": {Reading: 100}})
        process.crawl(Spider, url=url, pool=pool, store=store)
        begun, used = time.perf_counter(), used_so_far(pool)
        process.start()
        seconds = time.perf_counter() - begun
    found = {"pages": store.pages, "chunks": store.chunks, "seconds": seconds}
    print(json.dumps({**found, "processor_before": used}))


if __name__ == "__main__":
    main()
