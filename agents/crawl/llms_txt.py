"""Reads llms.txt (llmstxt.org): a Markdown file in which a site lists pages for language models."""

from __future__ import annotations

import re

from agents.crawl.urls import join_links

MAX_LINKS = 5_000
_LINK = re.compile(r"\]\(\s*<?([^\s()<>]{1,2048})>?(?:\s+[\"'][^)]{0,500})?\s*\)")


def read_llms_txt(body: bytes, url: str) -> list[str]:
    """The normalized URLs that the llms.txt found at `url` links to, once each, in its order."""
    text = body.decode("utf-8-sig", "replace")
    return join_links(url, (match[1] for match in _LINK.finditer(text)))[:MAX_LINKS]
