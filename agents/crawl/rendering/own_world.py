"""Looks at a page from where its scripts cannot change what is seen."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

from playwright.async_api import Error, Page

from agents.crawl.rendering.limits import NotRendered

STATE = """(most => {
  const nodes = document.getElementsByTagName('*').length;
  const text = document.body && nodes <= most ? document.body.innerText.length : 0;
  return {nodes, text};
})"""
"""How many elements the page has, and, unless these are more than `most`, characters of text."""

HTML = """(most => {
  const open = root => {
    for (const host of root.querySelectorAll('*')) {
      if (!host.shadowRoot) continue;
      open(host.shadowRoot);
      host.insertAdjacentHTML('beforeend', host.shadowRoot.innerHTML);
    }
  };
  try { open(document); } catch {}
  for (const link of document.querySelectorAll('a[href], area[href]')) {
    link.setAttribute('href', link.href);
  }
  const html = document.documentElement.outerHTML;
  return html.length <= most ? html : null;
})"""
"""The page, with what its web components show, and with links that lead where they lead from the
address that it has given itself; null if it is longer than `most` characters."""
_MOST_LOADS = 5


class OwnWorld:
    """The isolated world of a page: it shares the page's document, and none of its JavaScript.

    Args:
        session: of Chrome's DevTools protocol with the page.
    """

    def __init__(self, page: Page, session: Any) -> None:
        self._page = page
        self._session = session

    async def value(self, function: str, limit: int) -> Any:
        """What the function gives; asked again where the page was loaded anew meanwhile.

        Raises:
            NotRendered: the page loads itself anew all the time.
            Error: the page is gone.
        """
        for _ in range(_MOST_LOADS):
            with suppress(_Replaced):
                return await self._evaluate(f"{function}({limit})")
        raise NotRendered("It loads itself anew again and again.")

    async def _evaluate(self, expression: str) -> Any:
        try:
            tree = await self._session.send("Page.getFrameTree")
            world = await self._session.send(
                "Page.createIsolatedWorld",
                {"frameId": tree["frameTree"]["frame"]["id"], "worldName": "agentforge"},
            )
            told = await self._session.send(
                "Runtime.evaluate",
                {
                    "expression": f"JSON.stringify({expression})",
                    "contextId": world["executionContextId"],
                    "returnByValue": True,
                },
            )
        except Error as error:
            if self._page.is_closed() or "closed" in error.message or "crashed" in error.message:
                raise
            raise _Replaced from error
        if "exceptionDetails" in told:
            raise _Replaced
        return json.loads(told["result"]["value"])


class _Replaced(Exception):
    """The page was loaded anew."""
