"""A call that is timed, and how it is made."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.models import User
from django.test import Client

WORDS = {
    "every task": "example.com",
    "1 task in 100": "percent",
    "1 task in 1,000": "permille",
    "the oldest 2 %": "bygone",
    "5 tasks": "zanzibar",
    "no task": "xylophone",
    "the errors of some": "quota is used up",
}
"""What is looked for, by what contains it."""


@dataclass(frozen=True, slots=True)
class Call:
    """Something that is asked for, and timed by being called.

    Args:
        ask: what is timed.
        rows: how many rows it answers with, by asking once more; None where that is not counted.
        at_most: the same with answers of at most so many rows.
    """

    ask: Callable[[], Any]
    rows: Callable[[], int] | None = None
    at_most: Callable[[int], Call] | None = None

    def __call__(self) -> None:
        self.ask()


def signed_in(username: str) -> Client:
    client = Client(SERVER_NAME="localhost")
    client.force_login(User.objects.get(username=username))
    return client


def get(client: Client, path: str, **query: Any) -> Call:
    """A page or an answer of the API.

    Raises:
        RuntimeError: it is not answered with 200.
    """
    address = f"{path}?{urlencode(query)}" if query else path
    return Call(lambda: _content(client, address))


def _content(client: Client, address: str) -> bytes:
    response = client.get(address)
    if response.status_code != 200:
        raise RuntimeError(f"{address} was answered with {response.status_code}.")
    return bytes(response.content)


def page(call: Call, row: bytes, shortened: Callable[[int], AbstractContextManager[Any]]) -> Call:
    """A page for people, whose length the code says.

    Args:
        row: what stands in the page once a row.
        shortened: within it, pages have that many rows.
    """

    def at_most(rows: int) -> Call:
        def ask() -> None:
            with shortened(rows):
                call()

        return Call(ask)

    return replace(call, rows=lambda: call.ask().count(row), at_most=at_most)
