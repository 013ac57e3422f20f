"""The form that starts a build."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User
from django.test import Client

from tasks.models import TaskState
from tests.dashboard.html import one, page, text, texts

ADDRESS = "/dashboard/agents/new"


def form(**fields: Any) -> dict[str, Any]:
    return {"urls": "https://docs.example.com/", "key": "one-form"} | fields


def test_a_build_is_started_and_shown(browser_of_staff: Client, staff: User) -> None:
    response = browser_of_staff.post(ADDRESS, form(name="Manual", max_pages="7", render="never"))
    task = TaskState.objects.get()
    assert response.headers["Location"] == f"/dashboard/tasks/{task.pk}/"
    assert (task.owner, task.subject, task.params["max_pages"]) == (staff, "Manual", 7)
    assert task.params["render"] == "never"


def test_lists_are_written_one_entry_a_line(browser_of_staff: Client) -> None:
    lines = "https://docs.example.com/a\r\n\r\n  https://docs.example.com/b "
    browser_of_staff.post(ADDRESS, form(urls=lines, exclude="*/old/*\n*/new/*"))
    params = TaskState.objects.get().params
    assert params["urls"] == ["https://docs.example.com/a", "https://docs.example.com/b"]
    assert params["exclude"] == ["*/old/*", "*/new/*"]


def test_sending_one_form_twice_starts_one_build(browser_of_staff: Client) -> None:
    answers = [browser_of_staff.post(ADDRESS, form()).headers["Location"] for _ in range(2)]
    assert answers[0] == answers[1]
    assert TaskState.objects.count() == 1


def test_each_empty_form_has_a_key_of_its_own(browser_of_staff: Client) -> None:
    keys = {one(page(browser_of_staff.get(ADDRESS)), "#id_key")["value"] for _ in range(2)}
    assert len(keys) == 2


def test_a_form_that_was_sent_before_with_other_values_is_refused(
    browser_of_staff: Client,
) -> None:
    browser_of_staff.post(ADDRESS, form())
    shown = page(browser_of_staff.post(ADDRESS, form(name="Other")))
    assert "another build already" in text(one(shown, "[role=alert]"))


def test_an_address_that_is_refused_is_named_at_its_field(browser_of_staff: Client) -> None:
    lines = "https://docs.example.com/\nftp://files.example.com/"
    shown = page(browser_of_staff.post(ADDRESS, form(urls=lines)))
    assert text(one(shown, "#id_urls_error")).startswith("ftp://files.example.com/:")
    assert one(shown, "#id_urls")["aria-invalid"] == "true"
    assert not TaskState.objects.exists()


def test_a_form_without_an_address_says_what_is_missing(browser_of_staff: Client) -> None:
    shown = page(browser_of_staff.post(ADDRESS, form(urls="")))
    assert (
        text(one(shown, "#id_urls_error")) == "Name at least one URL to start at, or one document."
    )


def test_a_limit_out_of_range_unfolds_the_part_where_it_stands(browser_of_staff: Client) -> None:
    shown = page(browser_of_staff.post(ADDRESS, form(max_pages="0")))
    assert one(shown, "details").has_attr("open")
    assert texts(shown, ".field-error") == [text(one(shown, "#id_max_pages_error"))]


def test_what_was_typed_stays_in_a_form_that_is_refused(browser_of_staff: Client) -> None:
    shown = page(browser_of_staff.post(ADDRESS, form(urls="nonsense", name="Manual")))
    assert one(shown, "#id_name")["value"] == "Manual"
    assert text(one(shown, "#id_urls")) == "nonsense"


def test_each_of_two_refused_addresses_is_named(browser_of_staff: Client) -> None:
    shown = page(browser_of_staff.post(ADDRESS, form(urls="ftp://a\nftp://b")))
    refusal = text(one(shown, "#id_urls_error"))
    assert "ftp://a:" in refusal
    assert "ftp://b:" in refusal


def test_a_missing_address_and_a_bad_limit_are_both_shown(browser_of_staff: Client) -> None:
    shown = page(browser_of_staff.post(ADDRESS, form(urls="", max_pages="0")))
    assert text(one(shown, "#id_urls_error"))
    assert text(one(shown, "#id_max_pages_error"))


def checked(browser: Client, **fields: Any) -> dict[str, list[str]]:
    """What is wrong with the form as it is being filled in."""
    response = browser.post(f"{ADDRESS}/check", fields)
    assert response.status_code == 200
    errors: dict[str, list[str]] = response.json()["errors"]
    return errors


def test_the_form_is_checked_while_it_is_filled_in_as_the_build_would_be(
    browser_of_staff: Client,
) -> None:
    fields = form(urls="ftp://a", max_pages="0", name="x" * 121)
    errors = checked(browser_of_staff, **fields)
    shown = page(browser_of_staff.post(ADDRESS, fields))
    assert set(errors) == {"urls", "max_pages", "name"}
    for name, sentences in errors.items():
        assert texts(shown, f"#id_{name}_error li") == sentences


def test_a_check_starts_nothing(browser_of_staff: Client) -> None:
    assert checked(browser_of_staff, **form()) == {}
    assert not TaskState.objects.exists()


def test_a_check_counts_the_files_that_are_chosen(browser_of_staff: Client, settings: Any) -> None:
    assert checked(browser_of_staff, urls="", documents="2") == {}
    assert set(checked(browser_of_staff, urls="", documents="0")) == {"urls"}
    settings.AGENTFORGE_MAX_DOCUMENTS = 10**6
    assert set(checked(browser_of_staff, urls="", documents="10000")) == {"documents"}


def test_a_script_that_sends_the_form_is_told_where_to_go_or_what_is_wrong(
    browser_of_staff: Client,
) -> None:
    headers = {"Accept": "application/json"}
    response = browser_of_staff.post(ADDRESS, form(urls=""), headers=headers)
    assert response.status_code == 400
    assert set(response.json()["errors"]) == {"urls"}
    response = browser_of_staff.post(ADDRESS, form(), headers=headers)
    task = TaskState.objects.get()
    assert response.json() == {"location": f"/dashboard/tasks/{task.pk}/"}


def test_who_is_not_staff_checks_nothing(client: Client, user: User) -> None:
    client.force_login(user)
    assert client.post(f"{ADDRESS}/check", form()).status_code == 302
