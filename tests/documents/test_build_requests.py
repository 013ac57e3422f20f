"""`POST /agents` with documents: ids of uploaded ones, files in the request, or both."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from rest_framework.test import APIClient

from agents.documents.models import Document
from tasks.models import TaskState
from tests.api.answers import error, errors
from tests.dashboard.html import one, page, text
from tests.documents.files import column, docx, paragraph, pdf

pytestmark = [pytest.mark.django_db, pytest.mark.services]

PLAN = pdf(column("The turbine is oiled weekly."))
RULES = docx(paragraph("Rules", "H1"))


def file(name: str, body: bytes) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, body, "application/octet-stream")


def uploaded(client: APIClient, name: str = "plan.pdf", body: bytes = PLAN) -> str:
    response = client.post("/documents", {"document": file(name, body)}, format="multipart")
    return str(response.json()["document_id"])


def build(client: APIClient, key: str = "", **fields: Any) -> Any:
    return client.post("/agents", fields, format="multipart", HTTP_IDEMPOTENCY_KEY=key)


def params(response: Any) -> dict[str, Any]:
    assert response.status_code in (200, 202), response.content
    return TaskState.objects.get(pk=response.json()["task_id"]).params


def test_a_build_takes_documents_that_were_uploaded(api_client: APIClient) -> None:
    id = uploaded(api_client)
    response = api_client.post("/agents", {"documents": [id, id]}, format="json")
    assert params(response)["documents"] == [id]
    assert response.json()["subject"] == "1 document"


def test_a_build_takes_files_beside_ids_urls_and_options(api_client: APIClient) -> None:
    id = uploaded(api_client)
    response = build(
        api_client,
        name="Turbines",
        urls=["https://example.com/a", "https://example.com/b"],
        exclude="/old/*",
        max_pages="7",
        priority="high",
        documents=[id, file("rules.docx", RULES), file("notes.txt", b"Text.")],
    )
    kept = {document.name: str(document.pk) for document in Document.objects.all()}
    assert params(response) | {"max_depth": 0} == {
        "name": "Turbines",
        "urls": ["https://example.com/a", "https://example.com/b"],
        "documents": [id, kept["rules.docx"], kept["notes.txt"]],
        "scope": "path",
        "render": "auto",
        "max_pages": 7,
        "max_depth": 0,
        "include": [],
        "exclude": ["/old/*"],
        "provider": "local",
    }
    assert response.json()["priority"] == "high"


def test_the_same_files_under_the_same_key_start_one_build(api_client: APIClient) -> None:
    def ask(body: bytes) -> Any:
        return build(api_client, key="k", documents=[file("plan.pdf", body)])

    first = ask(PLAN)
    assert first.status_code == 202
    # Also when the document was deleted meanwhile.
    Document.objects.all().delete()
    again = ask(PLAN)
    assert (again.status_code, again["Idempotency-Replayed"]) == (200, "true")
    assert again.json()["task_id"] == first.json()["task_id"]
    assert error(ask(pdf(column("Other text."))), 409)[1] == "idempotency_conflict"


def test_a_build_without_url_and_document_is_refused(api_client: APIClient) -> None:
    bodies: list[dict[str, Any]] = [{}, {"urls": [], "documents": []}]
    for body in bodies:
        attr, code, sentence = error(api_client.post("/agents", body, format="json"), 400)
        assert (attr, code) == ("urls", "required")
        assert "one document" in sentence


def test_another_users_document_looks_like_none(api_client: APIClient, staff: User) -> None:
    theirs = APIClient()
    theirs.force_authenticate(staff)
    mine, hidden = uploaded(api_client), uploaded(theirs)
    given = {"documents": [mine, hidden, str(uuid4())]}
    found = errors(api_client.post("/agents", given, format="json"), 400)
    assert [fault[:2] for fault in found] == [
        ("documents.1", "no_such_document"),
        ("documents.2", "no_such_document"),
    ]
    assert found[0][2] == found[1][2]


def test_a_request_that_is_refused_keeps_none_of_its_files(api_client: APIClient) -> None:
    good, bad = file("plan.pdf", PLAN), file("image.png", b"\x89PNG\r\n\x1a\n" + bytes(100))
    attr, code, sentence = error(build(api_client, documents=[good, bad]), 400)
    assert (attr, code) == ("documents", "unsupported_kind")
    assert sentence.startswith("image.png: ")
    response = build(api_client, documents=[file("plan.pdf", PLAN)], max_pages="0")
    assert error(response, 400)[0] == "max_pages"
    assert not Document.objects.exists()


def test_more_files_than_a_build_may_have_are_refused(api_client: APIClient, settings: Any) -> None:
    settings.DATA_UPLOAD_MAX_NUMBER_FILES = 2
    files = [file(f"{n}.txt", b"Text.") for n in range(3)]
    assert error(build(api_client, documents=files), 400)[1] == "parse_error"


def test_an_unknown_field_beside_files_is_named(api_client: APIClient) -> None:
    response = build(api_client, documents=[file("plan.pdf", PLAN)], colour="red")
    assert error(response, 400)[:2] == ("colour", "unknown_field")
    response = build(api_client, documents=[file("plan.pdf", PLAN)], extra=file("b.pdf", PLAN))
    assert error(response, 400)[:2] == ("extra", "unknown_field")


def test_the_form_takes_files(client: Client, staff: User) -> None:
    client.force_login(staff)
    address = "/dashboard/agents/new"
    assert one(page(client.get(address)), "form.build-form")["enctype"] == "multipart/form-data"
    sent = {"documents": [file("plan.pdf", PLAN), file("rules.docx", RULES)], "key": "k"}
    assert client.post(address, sent).status_code == 302
    task = TaskState.objects.get()
    names = Document.objects.in_bulk(task.params["documents"])
    assert {str(d) for d in Document.objects.all()} == {"plan.pdf", "rules.docx"}
    assert len(names) == 2


def test_the_form_says_which_file_is_refused(client: Client, staff: User) -> None:
    client.force_login(staff)
    sent = {"documents": [file("plan.pdf", PLAN), file("old.doc", b"")], "key": "k"}
    shown = page(client.post("/dashboard/agents/new", sent))
    assert "old.doc is empty" in text(one(shown, "#id_documents_error"))
    assert not Document.objects.exists()
    assert not TaskState.objects.exists()
