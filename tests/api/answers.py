"""Reading the API's answers, and the one shape that all of its errors have."""

from __future__ import annotations

from typing import Any

ERROR_TYPES = {"validation_error", "client_error", "server_error"}


def errors(response: Any, status: int) -> list[tuple[str | None, str, str]]:
    """The errors of an answer as (field path, code, sentence), after checking their shape."""
    assert response.status_code == status, response.content
    assert response["Content-Type"] == "application/json"
    body = response.json()
    assert body.keys() == {"type", "errors"}
    assert body["type"] in ERROR_TYPES
    assert body["errors"]
    return [_checked(error) for error in body["errors"]]


def error(response: Any, status: int) -> tuple[str | None, str, str]:
    """The only error of an answer."""
    (only,) = errors(response, status)
    return only


def _checked(error: dict[str, Any]) -> tuple[str | None, str, str]:
    assert error.keys() == {"attr", "code", "detail"}
    detail = error["detail"]
    assert "Traceback" not in detail
    assert 'File "' not in detail
    assert detail[-1] in ".]", f"not a sentence: {detail}"
    return error["attr"], error["code"], detail


def results(response: Any) -> list[dict[str, Any]]:
    """The rows of a page of a list."""
    assert response.status_code == 200, response.content
    rows: list[dict[str, Any]] = response.json()["results"]
    return rows
