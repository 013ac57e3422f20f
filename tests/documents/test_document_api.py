"""`/documents`: upload, list, delete; what is refused, and whose a document is."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.utils import timezone
from rest_framework.test import APIClient

from agents.documents.models import Document
from agents.models import AgentRecord, AgentStatus, Page
from tests.api.answers import error, results
from tests.documents.files import column, pdf

pytestmark = [pytest.mark.django_db, pytest.mark.services]

PDF = pdf(column("The turbine is oiled weekly."))


def upload(client: APIClient, body: bytes = PDF, name: str = "plan.pdf") -> Any:
    file = SimpleUploadedFile(name, body, "application/octet-stream")
    return client.post("/documents", {"document": file}, format="multipart")


def test_an_uploaded_file_is_described_by_its_content(api_client: APIClient, user: User) -> None:
    response = upload(api_client, name="plan.txt")
    assert response.status_code == 201
    described = response.json()
    document = Document.objects.select_related("content").get()
    assert described == {
        "document_id": str(document.pk),
        "name": "plan.txt",
        "kind": "pdf",
        "bytes": len(PDF),
        "sha256": hashlib.sha256(PDF).hexdigest(),
        "uploaded_at": described["uploaded_at"],
    }
    assert (document.owner, bytes(document.content.body)) == (user, PDF)
    address = f"/documents/{document.pk}"
    assert api_client.get(address).json() == described
    assert results(api_client.get("/documents")) == [described]


def test_the_same_file_is_kept_once(api_client: APIClient) -> None:
    first, again = upload(api_client), upload(api_client)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["document_id"] == again.json()["document_id"]
    renamed = upload(api_client, name="other.pdf")
    assert renamed.json()["document_id"] != first.json()["document_id"]
    assert Document.objects.count() == 2


def test_what_is_deleted_is_gone(api_client: APIClient) -> None:
    address = f"/documents/{upload(api_client).json()['document_id']}"
    assert api_client.delete(address).status_code == 204
    assert error(api_client.delete(address), 404)[1] == "not_found"
    assert not Document.objects.exists()


def test_somebody_elses_document_does_not_exist(api_client: APIClient, staff: User) -> None:
    theirs = APIClient()
    theirs.force_authenticate(staff)
    address = f"/documents/{upload(theirs).json()['document_id']}"
    assert api_client.get(address).status_code == 404
    assert api_client.delete(address).status_code == 404
    assert results(api_client.get("/documents")) == []
    assert theirs.get(address).status_code == 200
    # Staff see those of others.
    mine = upload(api_client).json()["document_id"]
    assert theirs.get(f"/documents/{mine}").status_code == 200


@pytest.mark.parametrize(
    ("body", "code"), [(b"", "empty"), (b"\x89PNG\r\n\x1a\n" + bytes(100), "unsupported_kind")]
)
def test_a_file_that_is_never_read_is_refused(
    api_client: APIClient, body: bytes, code: str
) -> None:
    attr, found, sentence = error(upload(api_client, body, "a.pdf"), 400)
    assert (attr, found) == ("document", code)
    assert "a.pdf" in sentence
    assert not Document.objects.exists()


def test_a_file_that_is_too_large_is_refused(api_client: APIClient, settings: Any) -> None:
    settings.AGENTFORGE_DOCUMENT_MAX_BYTES = len(PDF) - 1
    attr, code, sentence = error(upload(api_client), 400)
    assert (attr, code) == ("document", "too_large")
    assert f"{len(PDF):,}" in sentence


def test_nobody_fills_the_database(api_client: APIClient, settings: Any) -> None:
    settings.AGENTFORGE_DOCUMENTS_MAX_BYTES = 2 * len(PDF)
    codes = [upload(api_client, name=f"{n}.pdf").status_code for n in range(3)]
    assert codes == [201, 201, 400]
    assert Document.objects.count() == 2
    # The same file again takes no more room.
    assert upload(api_client, name="0.pdf").status_code == 200


def test_a_request_without_a_file_says_so(api_client: APIClient) -> None:
    response = api_client.post("/documents", {"document": "text"}, format="multipart")
    assert error(response, 400)[:2] == ("document", "invalid")
    assert error(api_client.post("/documents", {}, format="multipart"), 400)[1] == "required"
    assert error(api_client.post("/documents", {}, format="json"), 415)


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("a\x07b\u202ec.pdf", "abc.pdf"),
        ("x" * 200 + ".pdf", "x" * 146 + ".pdf"),
        ("Größe 5.pdf", "Größe 5.pdf"),
    ],
)
def test_a_name_is_made_presentable(api_client: APIClient, name: str, kept: str) -> None:
    assert upload(api_client, name=name).json()["name"] == kept


def test_documents_that_no_agent_uses_go_after_their_time(user: User, settings: Any) -> None:
    settings.AGENTFORGE_KEEP_DOCUMENTS_DAYS = 3
    client = APIClient()
    client.force_authenticate(user)
    for name in ("used.pdf", "unused.pdf", "new.pdf"):
        upload(client, name=name)
    old = Document.objects.exclude(name="new.pdf")
    old.update(uploaded_at=timezone.now() - timedelta(days=4))
    agent = AgentRecord.objects.create(owner=user, status=AgentStatus.READY)
    used = Document.objects.get(name="used.pdf")
    Page.objects.create(agent=agent, url="document:used.pdf", position=0, document=used)
    call_command("clean_up")
    names = Document.objects.order_by("name").values_list("name", flat=True)
    assert list(names) == ["new.pdf", "used.pdf"]
