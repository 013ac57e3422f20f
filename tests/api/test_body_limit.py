"""Bodies that are refused before Django writes them to disk."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection
from typing import Any

import httpx
import pytest
from django.conf import settings

from agentforge.body_limit import DRAINED, limited
from tests.stack import Stack

PATHS = ["/agents", "/no-such-path", "/login/"]


@pytest.fixture(scope="module")
def client(stack: Stack) -> Iterator[httpx.Client]:
    """Somebody whom nobody knows."""
    with httpx.Client(base_url=stack.base_url, timeout=30, trust_env=False) as client:
        yield client


def error_code(response: httpx.Response) -> str:
    """The code of the answer's only error, which has the shape of all errors."""
    body = response.json()
    assert body["type"] == "client_error"
    (error,) = body["errors"]
    assert error.keys() == {"attr", "code", "detail"}
    return error["code"]


@pytest.mark.parametrize("path", PATHS)
def test_five_megabytes_are_refused_wherever_they_are_sent(client: httpx.Client, path: str) -> None:
    response = client.post(path, content=b" " * 5_000_000)
    assert (response.status_code, error_code(response)) == (413, "body_too_large")


@pytest.mark.parametrize("path", PATHS)
def test_so_is_a_body_without_a_declared_length(client: httpx.Client, path: str) -> None:
    response = client.post(path, content=iter([b"{", b"}"]))
    assert (response.status_code, error_code(response)) == (411, "length_required")


def test_nobody_waits_for_the_rest_of_a_body_that_is_refused(client: httpx.Client) -> None:
    host = client.base_url
    with closing(HTTPConnection(host.host, host.port or 80, timeout=10)) as connection:
        connection.putrequest("POST", "/agents")
        connection.putheader("Content-Length", str(100 * DRAINED))
        connection.endheaders()
        connection.send(b" " * DRAINED)
        assert connection.getresponse().status == 413


class Inner:
    """An application that notes what reaches it, and answers with the body that it was sent."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.bodies.append((await receive())["body"])
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"seen"})


async def status_of(
    inner: Inner, chunks: list[bytes], path: str = "/agents", **headers: str
) -> int:
    """The status with which a request is answered, after all of its body has been received."""
    unread = [{"body": chunk, "more_body": True} for chunk in chunks] + [{"body": b""}]
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.request", **unread.pop(0)}

    async def send(message: Any) -> None:
        sent.append(message)

    named = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    await limited(inner)({"type": "http", "path": path, "headers": named}, receive, send)
    assert inner.bodies or not unread
    return sent[0]["status"]


async def test_the_application_sees_a_body_as_large_as_allowed() -> None:
    inner, limit = Inner(), settings.AGENTFORGE_MAX_BODY_BYTES
    assert await status_of(inner, [b"{}"], content_length=str(limit)) == 200
    assert inner.bodies == [b"{}"]


async def test_it_sees_a_request_without_a_body() -> None:
    inner = Inner()
    assert await status_of(inner, []) == 200
    assert inner.bodies == [b""]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"content_length": str(settings.AGENTFORGE_MAX_BODY_BYTES + 1)}, 413),
        ({"transfer_encoding": "chunked"}, 411),
        ({"transfer_encoding": "chunked", "content_length": "2"}, 411),
    ],
)
async def test_it_never_sees_one_that_is_refused(headers: dict[str, str], status: int) -> None:
    inner = Inner()
    assert await status_of(inner, [b"x" * 100] * 5, **headers) == status
    assert inner.bodies == []


@pytest.mark.parametrize(
    ("path", "content_type", "limit"),
    [
        ("/agents", "multipart/form-data; boundary=x", settings.AGENTFORGE_UPLOAD_MAX_BYTES),
        ("/documents/", "Multipart/Form-Data; boundary=x", settings.AGENTFORGE_UPLOAD_MAX_BYTES),
        ("/agents", "application/json", settings.AGENTFORGE_MAX_BODY_BYTES),
        ("/login/", "multipart/form-data; boundary=x", settings.AGENTFORGE_MAX_BODY_BYTES),
    ],
)
async def test_only_files_may_be_larger_and_only_where_they_are_taken(
    path: str, content_type: str, limit: int
) -> None:
    for size, status in [(limit, 200), (limit + 1, 413)]:
        headers = {"content_type": content_type, "content_length": str(size)}
        assert await status_of(Inner(), [b"x"], path, **headers) == status
