"""Bodies that are no JSON, that nothing could keep, or that are too large to be looked at."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings
from rest_framework.test import APIClient

from tests.api.answers import error

pytestmark = pytest.mark.django_db


def send(client: APIClient, body: bytes, media_type: str = "application/json", **more: Any) -> Any:
    client_of_any: Any = client  # its stubs know of text only
    return client_of_any.generic("POST", "/agents", body, media_type, **more)


@pytest.mark.parametrize(
    "body",
    [
        b'{"urls": [',
        b"urls=https://example.com/",
        b'{"urls": ["https://example.com/"]} {}',
        b'{"max_pages": NaN}',
        b'{"max_pages": 1e999}',
        b'{"max_pages": ' + b"9" * 5000 + b"}",
        b'{"name": "\xff"}',
        b'{"name": "\\ud800"}',
        b'{"\\ud800": 1}',
        b'{"name": "\\u0000"}',
        b"[" * 100_000,
    ],
)
def test_a_body_that_cannot_be_read_or_kept_is_a_parse_error(
    api_client: APIClient, body: bytes
) -> None:
    assert error(send(api_client, body), 400)[:2] == (None, "parse_error")


def test_malformed_json_is_told_where_it_breaks(api_client: APIClient) -> None:
    assert "line 1 column 11" in error(send(api_client, b'{"urls": ['), 400)[2]


def test_an_escaped_backslash_before_u0000_is_text_like_any_other(api_client: APIClient) -> None:
    body = rb'{"urls": ["https://example.com/"], "name": "write \\u0000 for it"}'
    assert send(api_client, body).json()["subject"] == r"write \u0000 for it"


@pytest.mark.parametrize(
    ("body", "code"), [(b"[]", "invalid"), (b'"x"', "invalid"), (b"null", "null")]
)
def test_json_that_is_no_object_is_refused(api_client: APIClient, body: bytes, code: str) -> None:
    response = send(api_client, body)
    assert response.status_code == 400
    assert response.json()["errors"][0]["code"] == code


@pytest.mark.parametrize(
    "media_type",
    ["application/x-www-form-urlencoded", "multipart/mixed; boundary=x", "text/plain", "x"],
)
def test_another_media_type_than_json_is_refused(api_client: APIClient, media_type: str) -> None:
    attr, code, sentence = error(send(api_client, b"x", media_type), 415)
    assert (attr, code) == (None, "unsupported_media_type")
    assert "application/json" in sentence


def test_a_charset_beside_the_media_type_does_no_harm(api_client: APIClient) -> None:
    body = b'{"urls": ["https://example.com/"]}'
    assert send(api_client, body, "application/json; charset=utf-8").status_code == 202


def test_a_body_of_five_megabytes_is_refused(api_client: APIClient) -> None:
    attr, code, sentence = error(send(api_client, b" " * 5_000_000), 413)
    assert (attr, code) == (None, "body_too_large")
    assert str(settings.AGENTFORGE_MAX_BODY_BYTES) in sentence


def test_a_body_as_large_as_allowed_is_read(api_client: APIClient) -> None:
    body = b'{"urls": ["https://example.com/"]}'
    padded = body + b" " * (settings.AGENTFORGE_MAX_BODY_BYTES - len(body))
    assert send(api_client, padded).status_code == 202
    assert send(api_client, padded + b" ").status_code == 413


def test_a_body_without_a_declared_length_is_refused(api_client: APIClient) -> None:
    response = send(api_client, b"{}", HTTP_TRANSFER_ENCODING="chunked")
    assert error(response, 411)[:2] == (None, "length_required")
