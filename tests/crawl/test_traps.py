"""Traps: parts of a site without an end, told from parts that are only large."""

from collections.abc import Iterable

import pytest

from agents.crawl.traps import DAYS_OF_A_CALENDAR, VARIANTS, VARIANTS_OF_MANY, Traps

HOME = "https://example.com"


def codes(paths: Iterable[str]) -> list[str]:
    traps = Traps()
    refusals = (traps.refusal(HOME + path) for path in paths)
    return [refusal.code if refusal else "" for refusal in refusals]


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/a/b/a/b/a/b", "trap_repeating_path"),
        ("/docs/x/x/x", "trap_repeating_path"),
        ("/" + "/".join(str(n) for n in range(21)), "trap_deep_path"),
        ("/?" + "&".join(f"f{n}=1" for n in range(9)), "trap_many_parameters"),
        ("/a/b/a/b", ""),
        ("/docs/a/docs/b/docs/c", ""),
        ("/" + "/".join(str(n) for n in range(20)), ""),
        ("/?" + "&".join(f"f{n}=1" for n in range(8)), ""),
        ("/", ""),
    ],
)
def test_a_path_that_no_person_made_is_a_trap(path: str, code: str) -> None:
    assert codes([path]) == [code]


@pytest.mark.parametrize(
    "form",
    [
        "/calendar/{year}/{month:02}/",
        "/events/{year}-{month:02}-11",
        "/calendar?month={month}&year={year}",
        "/events?date={year}-{month:02}-01",
    ],
)
def test_a_calendar_ends(form: str) -> None:
    paths = [form.format(year=y, month=m) for y in range(1900, 2100) for m in range(1, 13)]
    found = codes(paths)
    assert found[:DAYS_OF_A_CALENDAR] == [""] * DAYS_OF_A_CALENDAR
    assert set(found[DAYS_OF_A_CALENDAR:]) == {"trap_calendar"}


def test_articles_with_a_date_in_their_path_are_no_calendar() -> None:
    assert set(codes(f"/blog/2024/05/{n}-title" for n in range(1000))) == {""}


def test_pages_with_a_number_are_no_trap() -> None:
    assert set(codes(f"/articles/{n}" for n in range(3000))) == {""}


@pytest.mark.parametrize(
    ("form", "limit"),
    [
        ("/shop?colour={n}", VARIANTS[1]),
        ("/shop?colour={n}&size=1", VARIANTS[2]),
        ("/shop?colour={n}&size=1&sort=up", VARIANTS_OF_MANY),
    ],
)
def test_parameters_without_end_are_bounded_the_more_there_are(form: str, limit: int) -> None:
    found = codes(form.format(n=n) for n in range(limit + 10))
    assert found == [""] * limit + ["trap_endless_parameters"] * 10
