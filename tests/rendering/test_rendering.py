"""Pages that fill themselves by script, in a real Chromium."""

from __future__ import annotations

from http.server import BaseHTTPRequestHandler

import pytest

from agents.crawl.rendering.chromium import Chromium
from agents.crawl.rendering.limits import RenderLimits
from agents.crawl.rendering.rendering import Render
from tests.crawl.conftest import redirect, reply
from tests.crawl.crawling import by_path, crawl, left_out
from tests.rendering.conftest import Rendering1, rendering_with
from tests.site import Page, Site

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

TEXT = "The lighthouse stands on a dune. " * 10


def script(code: str) -> Page:
    return reply(body=code.encode(), content_type="text/javascript")


def shell(code: str) -> str:
    """A page without content of its own."""
    return f"<!doctype html><div id='root'></div><script>{code}</script>"


def page_with(code: str, head: str = "") -> str:
    """A page with content, so that nobody waits for more, and with a script."""
    return (
        f"<!doctype html><head>{head}</head><p>{TEXT}</p><div id='root'></div>"
        f"<script>{code}</script>"
    )


async def test_a_page_is_read_as_its_scripts_have_filled_it(
    site: Site, rendered: Rendering1
) -> None:
    site.pages |= {
        "/": "<!doctype html><link rel=stylesheet href=/style.css><div id=root></div>"
        "<script type=module src=/app.js></script>",
        "/app.js": script("import {show} from '/show.js'; show(document.querySelector('#root'))"),
        "/show.js": script(
            "export async function show(root) {"
            " const data = await (await fetch('/data')).json();"
            " root.innerHTML = `<h1>Ünique</h1><p>${data.text}</p><a href='sub'>more</a>"
            "<img src='/picture.png'>`; }"
        ),
        "/data": reply(body=f'{{"text": "{TEXT}"}}'.encode(), content_type="application/json"),
    }
    page = (await rendered(f"{site.url}/")).result
    html = page.body.decode()
    assert (page.status.value, page.reason_code, page.rendered) == ("fetched", "", True)
    assert "<h1>Ünique</h1>" in html
    assert TEXT in html
    assert f'href="{site.url}/sub"' in html
    assert page.content_type == "text/html; charset=utf-8"
    assert set(site.requests) == {"/", "/robots.txt", "/app.js", "/show.js", "/data"}


async def test_what_web_components_show_is_read(site: Site, rendered: Rendering1) -> None:
    site.pages["/"] = shell(
        "for (const [name, html] of [['x-app', '<x-card></x-card>'], ['x-card', '<h1>Card</h1>"
        "<a href=inside>in</a>']]) customElements.define(name, class extends HTMLElement {"
        " connectedCallback() { this.attachShadow({mode: 'open'}).innerHTML = html; } });"
        "root.innerHTML = '<x-app></x-app>'"
    )
    html = (await rendered(f"{site.url}/")).result.body.decode()
    assert "<h1>Card</h1>" in html
    assert f'href="{site.url}/inside"' in html


async def test_links_and_canonical_names_are_those_of_the_rendered_page(
    site: Site, chromium: Chromium
) -> None:
    site.pages |= {
        "/": shell(f"root.innerHTML = `<a href='/a'>{TEXT}</a><a href='/b'>b</a>`"),
        "/a": shell(f"root.textContent = `{TEXT}`"),
        "/b": "<p>" + TEXT,
    }
    async with rendering_with(chromium, RenderLimits(), Render.AUTO) as (_, rendering):
        outcomes = await crawl(f"{site.url}/", rendering=rendering)
    assert by_path(outcomes) == {"/": "fetched", "/a": "fetched", "/b": "fetched"}
    is_rendered = {outcome.entry.url: outcome.result.rendered for outcome in outcomes}
    assert is_rendered == {f"{site.url}/": True, f"{site.url}/a": True, f"{site.url}/b": False}


async def test_scripts_are_fetched_once_in_a_crawl(site: Site, chromium: Chromium) -> None:
    app = "<div id=root></div><script src=/app.js></script>"
    site.pages |= {
        "/": app,
        "/a": app,
        "/app.js": script(f"root.innerHTML = `<a href=/a>${TEXT}</a>`".replace("${TEXT}", TEXT)),
    }
    async with rendering_with(chromium, RenderLimits(pages_at_once=1)) as (_, rendering):
        await crawl(f"{site.url}/", rendering=rendering)
    assert (site.requests["/a"], site.requests["/app.js"]) == (1, 1)


async def test_robots_txt_holds_for_what_scripts_ask_for(site: Site, rendered: Rendering1) -> None:
    site.pages |= {
        "/robots.txt": "User-agent: *\nDisallow: /private",
        "/": page_with(
            "fetch('/moved').catch(() => fetch('/private/x')).catch(() => root.append('refused'))"
        ),
        "/moved": redirect("/private/y"),
        "/private/x": "x",
        "/private/y": "y",
    }
    assert b"refused" in (await rendered(f"{site.url}/")).result.body
    assert not {"/private/x", "/private/y"} & set(site.requests)


async def test_scripts_see_the_answers_and_errors_of_the_server(
    site: Site, rendered: Rendering1
) -> None:
    def echo(handler: BaseHTTPRequestHandler) -> None:
        size = int(handler.headers["content-length"])
        told = [handler.command, handler.rfile.read(size).decode(), handler.headers["x-key"]]
        reply(body=" ".join(map(str, told)).encode(), content_type="text/plain")(handler)

    site.pages |= {
        "/": page_with(
            "(async () => {"
            " root.append((await fetch('/gone')).status);"
            " const sent = {method: 'POST', body: 'question', headers: {'X-Key': 'k'}};"
            " root.append(' ', await (await fetch('/echo', sent)).text()); })()"
        ),
        "/echo": echo,
    }
    assert b"404 POST question k" in (await rendered(f"{site.url}/")).result.body


async def test_no_cookie_and_no_storage_outlives_a_page(site: Site, rendered: Rendering1) -> None:
    seen: list[str | None] = []

    def data(handler: BaseHTTPRequestHandler) -> None:
        seen.append(handler.headers["cookie"])
        reply(body=b"x", set_cookie="server=1")(handler)

    site.pages |= {
        "/": page_with(
            "root.append(`[${document.cookie}${localStorage.length}]`);"
            "document.cookie = 'script=1'; localStorage.setItem('a', 'b');"
            "fetch('/data', {credentials: 'include'})"
        ),
        "/data": data,
    }
    for _ in range(2):
        assert b"[0]" in (await rendered(f"{site.url}/")).result.body
    assert seen == [None, None]


async def test_where_scripts_lead_is_a_page_of_its_own(site: Site, chromium: Chromium) -> None:
    site.pages |= {
        "/": shell("location.href = '/en/'"),
        "/en/": shell(f"root.textContent = `{TEXT}`; location.href = '/elsewhere'"),
        "/elsewhere": "<p>" + TEXT,
    }
    async with rendering_with(chromium, RenderLimits(), Render.AUTO) as (_, rendering):
        outcomes = await crawl(f"{site.url}/", rendering=rendering)
    assert by_path(outcomes) == {
        "/": "skipped: redirected",
        "/en/": "fetched",
        "/elsewhere": "fetched",
    }


async def test_redirects_by_script_without_end_come_to_an_end(
    site: Site, chromium: Chromium
) -> None:
    onwards = shell("location.href = location.pathname + 'x'")
    site.pages |= {"/" + "x" * n: onwards for n in range(10)}
    async with rendering_with(chromium, RenderLimits(), Render.AUTO) as (_, rendering):
        outcomes = await crawl(f"{site.url}/", max_depth=2, rendering=rendering)
    assert by_path(outcomes) == dict.fromkeys(["/", "/x", "/xx"], "skipped: redirected")
    assert left_out(outcomes) == {"/xxx": "too_deep"}


async def test_a_page_that_loads_itself_anew_is_taken_at_last(
    site: Site, rendered: Rendering1
) -> None:
    site.pages["/"] = page_with("location.reload()")
    assert (await rendered(f"{site.url}/", seconds=8)).result.is_fetched
    assert site.requests["/"] == 1
