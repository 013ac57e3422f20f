"""Which pages need a browser, by the shapes that frameworks give them, and which only look so."""

from __future__ import annotations

import pytest

from agents.crawl.rendering.shells import is_app_shell

SHELLS = {
    "create-react-app": """<!doctype html><html lang="en"><head><title>React App</title>
        <script defer src="/static/js/main.2f0c.js"></script></head><body>
        <noscript>You need to enable JavaScript to run this app.</noscript>
        <div id="root"></div></body></html>""",
    "vite and vue": """<!doctype html><html><head><title>App</title>
        <script type="module" crossorigin src="/assets/index-4f2.js"></script></head>
        <body><div id="app"></div></body></html>""",
    "angular": """<!doctype html><html><head><base href="/"></head><body>
        <app-root></app-root><script src="runtime.js" type="module"></script></body></html>""",
    "docsify": """<!doctype html><html><body><div id="app">Please wait...</div>
        <script>window.$docsify = {name: 'Docs', repo: ''}</script>
        <script src="//cdn.example/docsify.js"></script></body></html>""",
    "nuxt without a server": """<!doctype html><html><body><div id="__nuxt">
        <style>.spinner{color:red}</style><div class="spinner"></div></div>
        <script>window.__NUXT__={config:{}}</script></body></html>""",
    "next without a server": """<!doctype html><html><body><div id="__next"></div>
        <script id="__NEXT_DATA__" type="application/json">"""
    + '{"props":{"text":"' + "word " * 4000 + '"}}</script></body></html>',
    "ember": """<!doctype html><html><body><script src="/assets/vendor.js"></script>
        <div id="ember-basic-dropdown-wormhole"></div></body></html>""",
    "a frame around an empty place": """<!doctype html><html><body>
        <header><a href="/">Acme</a> <a href="/docs">Docs</a> <a href="/blog">Blog</a></header>
        <main id="content"></main><footer>© Acme 2026</footer><script src="/x.js"></script>""",
    "a redirect by script": "<script>location.replace('/en/')</script>",
    "a notice": """<body><p>This site needs JavaScript.</p><noscript>Please enable JavaScript.
        </noscript><script src="/x.js"></script></body>""",
}  # fmt: skip
PAGES = {
    "a short page with a counter": """<html><body><h1>Opening hours</h1><p>We are open from nine to
        five on weekdays, and closed on Sundays and on public holidays.</p>
        <script src="/analytics.js"></script></body></html>""",
    "an article": "<div id='root'></div><article>" + "<p>Words of an article.</p>" * 40
    + "</article><script></script>",
    "a forum for readers without scripts": """<body><div id="app"></div><noscript>"""
    + "<p>A post that somebody wrote.</p>" * 30 + "</noscript><script src='/x.js'></script>",
    "no script at all": "<html><body><div id='root'></div></body></html>",
    "a form": """<body><div id="modal"></div><form><label>Name <input name="q"></label>
        </form><script src="/x.js"></script></body>""",
    "a list of links": "<div id='ads'></div>"
    + "".join(f"<a href='/{n}'>Chapter number {n}</a> " for n in range(20))
    + "<script src='/x.js'></script>",
    "rendered by a server": "<div id='__next'>" + "<div>Text without paragraphs. </div>" * 20
    + "</div><script src='/x.js'></script>",
    "a frameset": "<html><script></script><frameset><frame src='/a.html'></frameset></html>",
}  # fmt: skip


@pytest.mark.parametrize("shape", SHELLS)
def test_a_shell_without_content_is_recognized(shape: str) -> None:
    assert is_app_shell(SHELLS[shape].encode())


@pytest.mark.parametrize("shape", PAGES)
def test_a_page_with_content_of_its_own_is_none(shape: str) -> None:
    assert not is_app_shell(PAGES[shape].encode())
