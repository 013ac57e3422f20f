"""A crawl finds what a site lists by itself."""

from __future__ import annotations

import gzip

from agents.crawl.pace import Pace
from agents.crawl.robots import Robots
from agents.crawl.scope import Scope
from agents.crawl.site_lists import ListLimits, SiteLists
from tests.crawl.conftest import redirect, reply
from tests.crawl.crawling import by_path, crawl, fetching, left_out, links
from tests.site import Site


def sitemap(site: Site, *paths: str, changed: str = "2031-05-01") -> str:
    entries = "".join(
        f"<url><loc>{site.url}{path}</loc><lastmod>{changed}</lastmod></url>" for path in paths
    )
    return f"<urlset>{entries}</urlset>"


def index(site: Site, *paths: str) -> str:
    entries = "".join(f"<sitemap><loc>{site.url}{path}</loc></sitemap>" for path in paths)
    return f"<sitemapindex>{entries}</sitemapindex>"


async def read(site: Site, path: str = "/", **limits: int) -> SiteLists:
    """The lists around one start URL."""
    pace = Pace()
    async with fetching(pace, retries=0) as fetcher:
        robots = Robots(fetcher, pace, "TestCrawler/1.0")
        scope = Scope([site.url + path], max_depth=3)
        lists = SiteLists(fetcher, robots, scope, ListLimits(**limits))
        await lists.read()
    return lists


def paths(lists: SiteLists) -> list[str]:
    return ["/" + url.split("/", 3)[3] for url in lists.urls]


async def test_pages_that_nothing_links_to_are_found_in_the_sitemap(site: Site) -> None:
    site.pages |= {
        "/": links("/a"),
        "/a": "<p>a</p>",
        "/b": links("/c"),
        "/c": "<p>c</p>",
        "/sitemap.xml": sitemap(site, "/", "/a", "/b"),
    }
    outcomes = await crawl(f"{site.url}/")
    assert list(by_path(outcomes)) == ["/", "/a", "/b", "/c"]


async def test_links_come_before_what_is_only_listed(site: Site) -> None:
    site.pages |= {
        "/": links("/a"),
        "/a": "<p>a</p>",
        "/b": "<p>b</p>",
        "/sitemap.xml": sitemap(site, "/b", "/a"),
    }
    assert list(by_path(await crawl(f"{site.url}/", max_pages=2))) == ["/", "/a"]


async def test_robots_txt_says_where_the_sitemaps_are(site: Site) -> None:
    site.pages |= {
        "/robots.txt": f"User-agent: *\nDisallow: /x\nSitemap: {site.url}/maps/index.xml",
        "/maps/index.xml": index(site, "/maps/one.xml.gz", "/maps/missing.xml"),
        "/maps/one.xml.gz": reply(
            body=gzip.compress(sitemap(site, "/a", "/x/b").encode()),
            content_type="application/gzip",
        ),
        "/sitemap.xml": sitemap(site, "/never"),
    }
    lists = await read(site)
    assert paths(lists) == ["/a", "/x/b"]
    assert [
        (file.kind, file.result.reason_code, file.listed, file.kept) for file in lists.files
    ] == [
        ("sitemap", "", 2, 0),
        ("sitemap", "", 2, 2),
        ("sitemap", "http_404", 0, 0),
        ("llms.txt", "http_404", 0, 0),
    ]
    changed = lists.changed_at(f"{site.url}/a/")
    assert changed and changed.isoformat() == "2031-05-01T00:00:00+00:00"
    assert lists.changed_at(f"{site.url}/other") is None


async def test_a_listed_page_that_robots_txt_disallows_is_not_fetched(site: Site) -> None:
    site.pages |= {
        "/robots.txt": "User-agent: *\nDisallow: /x",
        "/": "<p>home</p>",
        "/x": "<p>x</p>",
        "/sitemap.xml": sitemap(site, "/x"),
    }
    assert by_path(await crawl(f"{site.url}/")) == {"/": "fetched", "/x": "skipped: robots"}


async def test_what_is_listed_outside_the_scope_is_counted_with_its_reason(site: Site) -> None:
    site.pages |= {
        "/docs/sitemap.xml": sitemap(site, "/docs/a", "/docs/a.zip"),
        "/sitemap.xml": sitemap(site, "/blog/1", "/blog/2", "/docs/b"),
    }
    lists = await read(site, "/docs/")
    assert paths(lists) == ["/docs/b", "/docs/a"]
    assert [(group.code, group.count) for group in lists.left_out.groups()] == [
        ("out_of_scope", 2),
        ("not_a_page", 1),
    ]


async def test_llms_txt_is_read_but_no_page_that_stands_in_its_place(site: Site) -> None:
    site.pages |= {
        "/llms.txt": reply(body=b"# X\n- [a](/docs/a.md)\n", content_type="text/plain"),
        "/docs/llms.txt": "<p>Nothing here. [b](/docs/b)</p>",
    }
    assert paths(await read(site, "/docs/")) == ["/docs/a.md"]


async def test_a_markdown_twin_of_a_page_is_not_fetched_again(site: Site) -> None:
    site.pages |= {
        "/": links("/a"),
        "/a": "<p>a</p>",
        "/a.md": reply(body=b"a", content_type="text/markdown"),
        "/b.md": reply(body=b"b", content_type="text/markdown"),
        "/llms.txt": reply(body=b"[a](/a.md) [b](/b.md)", content_type="text/plain"),
    }
    assert list(by_path(await crawl(f"{site.url}/"))) == ["/", "/a", "/b.md"]


async def test_indexes_that_name_each_other_are_read_once_each(site: Site) -> None:
    site.pages |= {
        "/sitemap.xml": index(site, "/two.xml", "/sitemap.xml"),
        "/two.xml": index(site, "/sitemap.xml", "/two.xml"),
    }
    await read(site)
    assert site.requests["/sitemap.xml"] == site.requests["/two.xml"] == 1


async def test_sitemaps_without_end_are_given_up(site: Site) -> None:
    site.pages |= {f"/{n}.xml": index(site, f"/{n + 1}.xml") for n in range(50)}
    site.pages["/sitemap.xml"] = index(site, "/0.xml")
    lists = await read(site, files=5)
    assert sum(file.kind == "sitemap" for file in lists.files) == 5
    assert not lists.is_complete


async def test_more_urls_than_wanted_are_not_kept(site: Site) -> None:
    site.pages["/sitemap.xml"] = sitemap(site, *(f"/{n}" for n in range(50)))
    lists = await read(site, urls=10)
    assert len(lists.urls) == 10
    assert not lists.is_complete


async def test_a_site_whose_lists_fail_is_crawled_all_the_same(site: Site) -> None:
    site.pages |= {"/": links("/a"), "/a": "<p>a</p>"}
    site.pages |= {"/sitemap.xml": reply(500), "/llms.txt": reply(500)}
    assert by_path(await crawl(f"{site.url}/")) == {"/": "fetched", "/a": "fetched"}


async def test_only_start_urls_need_no_lists(site: Site) -> None:
    site.pages |= {"/": links("/a"), "/sitemap.xml": sitemap(site, "/b")}
    outcomes = await crawl(f"{site.url}/", max_depth=0)
    assert by_path(outcomes) == {"/": "fetched"}
    assert left_out(outcomes) == {"/a": "too_deep"}
    assert site.requests["/sitemap.xml"] == 0


async def test_lists_are_looked_for_where_the_start_url_has_moved_to(site: Site) -> None:
    site.pages |= {
        "/docs": redirect("/docs/"),
        "/docs/": "<p>home</p>",
        "/docs/a": "<p>a</p>",
        "/blog": "<p>blog</p>",
        "/sitemap.xml": sitemap(site, "/blog", "/docs/a"),
    }
    outcomes = await crawl(f"{site.url}/docs")
    assert by_path(outcomes) == {"/docs": "fetched", "/docs/a": "fetched"}
