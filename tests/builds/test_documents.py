"""Files and a website become one agent over REST, on a real worker."""

from __future__ import annotations

import httpx
import pytest

from tests.builds.test_whole_builds import finished
from tests.documents.files import column, docx, paragraph, pdf, xlsx
from tests.site import Site

pytestmark = pytest.mark.services

FILES = {
    "turbines.pdf": pdf(
        column("The first page says little of use."),
        column("The turbine in the northern hall is oiled every nineteen weeks."),
    ),
    "rules.docx": docx(
        paragraph("Visitors", "H1") + paragraph("Visitors of the dam wear yellow helmets.")
    ),
    "parts.xlsx": xlsx(
        {"Spare parts": [["Part", "Supplier"], ["Butterfly valve", "Hedy Brothers"]]}
    ),
    "locked.pdf": pdf(column("Text."), encrypted=True),
}


def test_files_and_a_website_become_one_agent(api: httpx.Client, website: Site) -> None:
    sent = [("documents", (name, body)) for name, body in FILES.items()]
    response = api.post("/agents", data={"urls": f"{website.url}/", "name": "Dam"}, files=sent)
    assert response.status_code == 202, response.text
    done = finished(api, response.json()["task_id"])
    assert done["state"] == "SUCCESS", done["error_message"]
    address = f"/agents/{done['agent_id']}"
    rows = api.get(f"{address}/pages", params={"limit": 200}).json()["results"]
    pages = {row["url"]: row for row in rows}
    locked = pages["document:locked.pdf"]
    assert (locked["status"], locked["reason_code"]) == ("failed", "encrypted")
    assert pages[f"{website.url}/"]["status"] == "extracted"
    document = api.get(f"/documents/{pages['document:turbines.pdf']['document_id']}").json()
    assert (document["name"], document["kind"]) == ("turbines.pdf", "pdf")
    for question, answer, url, place in [
        ("How often is the northern turbine oiled?", "nineteen", "turbines.pdf", "Pages 1–2"),
        ("Which helmets do visitors wear?", "yellow", "rules.docx", "Visitors"),
        ("Who is the supplier of the butterfly valve?", "Hedy", "parts.xlsx", "Spare parts"),
    ]:
        found = api.post(f"{address}/ask", json={"question": question}).json()
        assert answer in found["answer"], found
        citation = found["citations"][0]
        assert citation["url"] == f"document:{url}"
        assert citation["heading_path"][-1] == place
