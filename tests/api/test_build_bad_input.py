"""`POST /agents` with bad input: each mistake has its field path, its code and its sentence."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings
from rest_framework.test import APIClient

from tasks.models import TaskState
from tests.api.answers import error, errors

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("nothing_private")]

URL = "https://example.com/"


@pytest.fixture(autouse=True)
def _nothing_is_submitted(db: None) -> Any:
    yield
    assert not TaskState.objects.exists()


def build(client: APIClient, **body: Any) -> Any:
    return client.post("/agents", {"urls": [URL], **body}, format="json")


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("file:///etc/passwd", "scheme"),
        ("ftp://example.com/", "scheme"),
        ("javascript:alert(1)", "scheme"),
        ("example.com", "scheme"),
        ("/etc/passwd", "scheme"),
        ("https://", "no_host"),
        ("https://exam ple.com/", "whitespace"),
        ("https://example.com:99999/", "bad_port"),
        ("https://user:secret@example.com/", "credentials"),
        (f"https://example.com/{'a' * 2048}", "too_long"),
        ("http://127.0.0.1/", "private_address"),
        ("http://127.1/", "private_address"),
        ("http://2130706433/", "private_address"),
        ("http://0x7f000001/", "private_address"),
        ("http://017700000001/", "private_address"),
        ("http://0.0.0.0/", "private_address"),
        ("http://10.1.2.3/", "private_address"),
        ("http://192.168.0.1/", "private_address"),
        ("http://169.254.169.254/latest/meta-data/", "private_address"),
        ("http://[::1]/", "private_address"),
        ("http://[fd00::1]/", "private_address"),
        ("http://[fe80::1]/", "private_address"),
        ("http://[::ffff:127.0.0.1]/", "private_address"),
        ("http://localhost:8000/", "private_address"),
        ("http://app.localhost/", "private_address"),
    ],
)
def test_a_url_that_must_not_be_crawled_is_refused(
    api_client: APIClient, url: str, code: str
) -> None:
    response = build(api_client, urls=[URL, url])
    attr, actual, _ = errors(response, 400)[0]
    assert (attr, actual) == ("urls.1", code)


def test_a_refused_url_does_not_repeat_its_password(api_client: APIClient) -> None:
    assert b"secret" not in build(api_client, urls=["https://me:secret@example.com/"]).content


@pytest.mark.parametrize(
    ("body", "attr", "code"),
    [
        ({"urls": []}, "urls", "required"),
        ({"urls": "https://example.com/"}, "urls", "not_a_list"),
        ({"urls": None}, "urls", "null"),
        ({"urls": {"0": URL}}, "urls", "not_a_list"),
        ({"urls": [URL, ""]}, "urls.1", "blank"),
        ({"urls": [URL, None]}, "urls.1", "null"),
        ({"urls": [URL, {}]}, "urls.1", "invalid"),
        ({"urls": [URL, True]}, "urls.1", "invalid"),
        ({"name": "x" * 121}, "name", "max_length"),
        ({"name": {}}, "name", "invalid"),
        ({"name": None}, "name", "null"),
        ({"max_pages": 0}, "max_pages", "min_value"),
        ({"max_pages": -1}, "max_pages", "min_value"),
        ({"max_pages": settings.AGENTFORGE_MAX_PAGES + 1}, "max_pages", "max_value"),
        ({"max_pages": 10**40}, "max_pages", "max_value"),
        ({"max_pages": 1.5}, "max_pages", "invalid"),
        ({"max_pages": "many"}, "max_pages", "invalid"),
        ({"max_pages": None}, "max_pages", "null"),
        ({"max_pages": [5]}, "max_pages", "invalid"),
        ({"max_depth": -1}, "max_depth", "min_value"),
        ({"max_depth": settings.AGENTFORGE_MAX_DEPTH + 1}, "max_depth", "max_value"),
        ({"include": "/docs/*"}, "include", "not_a_list"),
        ({"include": ["/docs/*", 1.5, {}]}, "include.2", "invalid"),
        ({"include": ["x" * 501]}, "include.0", "max_length"),
        ({"exclude": ["/*"] * 51}, "exclude", "max_length"),
        ({"provider": "nowhere"}, "provider", "unknown_provider"),
        ({"provider": ""}, "provider", "blank"),
        ({"priority": "urgent"}, "priority", "invalid_choice"),
        ({"priority": ["high"]}, "priority", "invalid_choice"),
        ({"priority": None}, "priority", "null"),
        ({"callback_url": "nonsense"}, "callback_url", "invalid"),
        ({"callback_url": "https://example.com:25/"}, "callback_url", "blocked_port"),
        ({"callback_url": "https://example.com:99999/"}, "callback_url", "blocked_port"),
        ({"scope": "galaxy"}, "scope", "invalid_choice"),
        ({"scope": 1}, "scope", "invalid_choice"),
        ({"render": "sometimes"}, "render", "invalid_choice"),
        ({"render": True}, "render", "invalid_choice"),
        ({"callback_url": "ftp://example.com/hook"}, "callback_url", "invalid"),
        ({"callback_url": "file:///etc/passwd"}, "callback_url", "invalid"),
        ({"callback_url": f"https://example.com/{'a' * 2048}"}, "callback_url", "max_length"),
        ({"idempotency_key": "k" * 256}, "idempotency_key", "max_length"),
        ({"idempotency_key": ""}, "idempotency_key", "blank"),
        ({"max_page": 5}, "max_page", "unknown_field"),
    ],
)
def test_a_value_that_is_not_allowed_is_refused_by_its_field(
    api_client: APIClient, body: dict[str, Any], attr: str, code: str
) -> None:
    assert (attr, code) in [found[:2] for found in errors(build(api_client, **body), 400)]


def test_every_mistake_is_told_at_once(api_client: APIClient) -> None:
    response = build(api_client, urls=[URL, "x", "y"], max_pages=0, priority="urgent", foo=1)
    assert {attr for attr, *_ in errors(response, 400)} == {
        "foo",
        "urls.1",
        "urls.2",
        "max_pages",
        "priority",
    }


def test_no_url_is_an_error_that_says_what_is_needed(api_client: APIClient) -> None:
    attr, code, sentence = error(api_client.post("/agents", {}, format="json"), 400)
    assert (attr, code) == ("urls", "required")
    assert sentence == "Name at least one URL to start at, or one document."


def test_a_choice_that_does_not_exist_is_told_those_that_do(api_client: APIClient) -> None:
    assert "high, normal, low" in error(build(api_client, priority="urgent"), 400)[2]
    assert "Known providers: local" in error(build(api_client, provider="nowhere"), 400)[2]


def test_an_unknown_field_is_told_the_known_ones(api_client: APIClient) -> None:
    assert "max_pages" in error(build(api_client, max_page=5), 400)[2]


@pytest.mark.parametrize("url", [URL, "nonsense"])
def test_ten_thousand_urls_are_one_error(api_client: APIClient, url: str) -> None:
    attr, code, sentence = error(build(api_client, urls=[url] * 10_000), 400)
    assert (attr, code) == ("urls", "max_length")
    assert str(settings.AGENTFORGE_MAX_URLS) in sentence
