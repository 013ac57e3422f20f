"""Searching an agent's passages: what is found, in which order, and what a query may hold."""

from uuid import UUID

import pytest
from django.db import connection

from agents.providers.local import LocalProvider, asked, candidates
from agents.providers.local.models import LocalAgent, LocalPassage
from tests.providers.local_agents import agent_knowing, item

pytestmark = [pytest.mark.django_db, pytest.mark.services]


def found(agent: str, query: str) -> list[int]:
    return [hit.chunk_id for hit in LocalProvider().search(agent, query, 10)]


def test_a_passage_with_more_of_the_words_comes_first() -> None:
    agent = agent_knowing("table", "dump a single table", "dump and dump and dump")
    assert found(agent, "dump a single table")[0] == 2


def test_a_rare_word_weighs_more_than_a_common_one() -> None:
    common = [f"index number {n} of the index" for n in range(20)]
    agent = agent_knowing("a word on wraparound here", *common)
    assert found(agent, "index wraparound")[0] == 1


def test_a_word_in_the_title_weighs_more_than_one_in_the_text() -> None:
    agent = agent_knowing(
        item(1, "vacuum is mentioned in these words", "Other"),
        item(2, "something is explained in these words", "VACUUM"),
    )
    assert found(agent, "vacuum") == [2, 1]


def test_words_are_found_in_headings() -> None:
    agent = agent_knowing(item(1, "text", "Page", "Page", "Parallel restore"))
    assert found(agent, "parallel") == [1]


def test_other_forms_of_a_word_are_found() -> None:
    agent = agent_knowing("Indexing speeds up queries.")
    assert found(agent, "index query") == [1]


def test_accents_and_case_do_not_matter_to_ascii_words() -> None:
    agent = agent_knowing("The VACUUM command")
    assert found(agent, "vacuum COMMAND") == [1]


def test_another_agents_passages_are_not_found() -> None:
    agent_knowing("vacuum there")
    agent = agent_knowing("nothing here")
    assert found(agent, "vacuum") == []


def test_an_agent_with_most_of_all_passages_finds_its_own_only() -> None:
    small = agent_knowing("a vacuum there")
    large = agent_knowing(*[f"a vacuum number {n}" for n in range(20)])
    for agent in (small, large):
        LocalProvider().count(agent)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE agents_localpassage")
    hits = LocalProvider().search(large, "vacuum", 100)
    assert {hit.text for hit in hits} == {f"a vacuum number {n}" for n in range(20)}
    assert [hit.text for hit in LocalProvider().search(small, "vacuum", 100)] == ["a vacuum there"]


def test_an_agents_own_id_is_no_word_of_its_passages() -> None:
    agent = agent_knowing("text")
    assert found(agent, agent.replace("-", "")) == []


def test_a_name_with_marks_in_it_is_found_as_one() -> None:
    agent = agent_knowing(
        "The pg_stat_activity view.", "Activity of a pg server, stat.", "--max-old-space-size=4096"
    )
    assert found(agent, "pg_stat_activity") == [1]
    assert found(agent, "--max-old-space-size") == [3]


def test_text_with_paths_and_hosts_is_found_by_its_words() -> None:
    agent = agent_knowing("Edit /etc/postgresql/pg_hba.conf on db1.example.org")
    assert found(agent, "postgresql") == [1]
    assert found(agent, "pg_hba.conf") == [1]
    assert found(agent, "example") == [1]


@pytest.mark.parametrize(
    "query",
    [
        '"', "'", '""" OR 1', "a\" OR agent_id : \"x", "NEAR(a b, 3)", "text:*", "a AND", "OR",
        "(((", "* ^ : - + ~", "a\x00b", "'; DROP TABLE agents_localpassage; --", "%s %(terms)s",
        "a & | ! <-> b", "😀", "\ud7ff",
    ],
)  # fmt: skip
def test_nothing_in_a_query_is_an_operator(query: str) -> None:
    agent = agent_knowing("quite other words")
    assert found(agent, query) == []
    assert LocalPassage.objects.count() == 1


@pytest.mark.parametrize("query", ["", "   ", "?!", "\n\t"])
def test_a_query_without_words_finds_nothing(query: str) -> None:
    assert found(agent_knowing("text"), query) == []


def test_a_word_beside_one_that_no_index_knows_is_still_found() -> None:
    assert found(agent_knowing("vacuum"), "😀 vacuum") == [1]


def test_a_query_of_ten_kilobytes_is_answered() -> None:
    agent = agent_knowing("vacuum reclaims storage")
    assert found(agent, "vacuum " + " ".join(f"word{n}" for n in range(1500))) == [1]


@pytest.mark.parametrize(
    "typed",
    ["vaccum", "vacum", "vacuuum", "vacuun", "vaucum", "VACCUM"],
)
def test_a_word_that_stands_nowhere_is_taken_for_one_that_is_nearly_it(typed: str) -> None:
    agent = agent_knowing("plain words", "vacuum reclaims storage")
    assert found(agent, f"storage {typed}") == [2]
    assert found(agent, typed) == [2]


def test_a_misspelt_word_of_another_alphabet_is_found() -> None:
    assert found(agent_knowing("Индексы ускоряют запросы", "words"), "ускорают") == [1]


def test_of_the_spellings_a_word_may_have_the_commonest_is_meant() -> None:
    agent = agent_knowing("a server", "the server", "to swerver")
    assert set(found(agent, "serwver")) == {1, 2}


@pytest.mark.parametrize("query", ["paris", "pg_stat_activty", "x1234567", "france"])
def test_what_is_short_or_no_word_or_far_from_all_is_not_corrected(query: str) -> None:
    assert found(agent_knowing("pairs of pg_stat_activity x1234568 trance finance"), query) == []


def test_a_word_that_is_found_is_not_corrected() -> None:
    agent = agent_knowing("trance", "vacuums", *["vacuum of trances"] * 3)
    assert len(found(agent, "vacuum")) == 4
    assert asked.ask_index(LocalAgent(UUID(agent)), ["vacuum"]).frequencies == {"vacuum": 4}


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("Индексы ускоряют запросы", "запросы"),
        ("Ο δείκτης είναι γρήγορος", "δείκτης"),
        ("Größe der Tabelle", "Größe"),
        ("डेटाबेस में तालिका", "तालिका"),
    ],
)
def test_other_alphabets_are_searched(text: str, query: str) -> None:
    assert found(agent_knowing(text, "english words only"), query) == [1]


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("数据库索引可以加快查询速度。", "如何使用索引"),
        ("データベースの索引は検索を速くします。", "索引とは"),
        ("ดัชนีของฐานข้อมูลทำให้การค้นหาเร็วขึ้น", "ฐานข้อมูล"),
        ("PostgreSQL的索引", "索引"),
        ("水", "水"),
    ],
    ids=["chinese", "japanese", "thai", "mixed", "one"],
)
def test_text_without_blanks_between_words_is_searched(text: str, query: str) -> None:
    agent = agent_knowing("english words only", text)
    assert found(agent, query) == [2]
    LocalPassage.objects.filter(chunk_id=2).update(grams=None, text="nothing")
    assert found(agent, query) == []


def test_a_question_in_chinese_is_answered_from_its_passage() -> None:
    agent = agent_knowing("数据库索引可以加快查询速度。视图保存查询。", "事务保证一致性。")
    answer = LocalProvider().ask(agent, "索引可以加快查询速度吗？")
    assert answer.citations[0].quote == "数据库索引可以加快查询速度。"


def test_the_limit_is_kept() -> None:
    agent = agent_knowing(*["vacuum"] * 5)
    assert len(LocalProvider().search(agent, "vacuum", 3)) == 3


def test_the_index_follows_rows_that_are_changed_in_any_way() -> None:
    agent = agent_knowing("first words")
    LocalPassage.objects.update(text="second thoughts")
    assert (found(agent, "first"), found(agent, "second")) == ([], [1])
    LocalPassage.objects.all().delete()
    assert found(agent, "second") == []


@pytest.fixture
def _few_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asked, "READ", 10)
    monkeypatch.setattr(candidates, "CANDIDATES", 5)
    monkeypatch.setattr(candidates, "CERTAIN", 2)


COMMON = [f"the index of the server, number {n}" for n in range(40)]


@pytest.mark.usefixtures("_few_are_read")
def test_a_rare_word_beside_common_ones_decides_what_is_found() -> None:
    agent = agent_knowing(*COMMON, "the index of wraparound on the server")
    assert found(agent, "server index wraparound")[0] == 41


@pytest.mark.usefixtures("_few_are_read")
def test_the_passage_that_holds_several_common_words_is_found_among_many() -> None:
    apart = [f"the index {n}" if n % 2 else f"the server {n}" for n in range(60)]
    agent = agent_knowing(*apart, "the index of a server")
    assert found(agent, "server index")[0] == 61


@pytest.mark.usefixtures("_few_are_read")
def test_a_single_common_word_is_found_first_where_it_is_the_title() -> None:
    agent = agent_knowing(*COMMON, item(99, "some words", "Server"))
    assert found(agent, "server")[0] == 99


@pytest.mark.usefixtures("_few_are_read")
def test_of_many_passages_that_hold_a_word_the_one_with_it_in_its_title_is_found() -> None:
    agent = agent_knowing(*[f"vacuum {n}" for n in range(7)], item(99, "some words", "Vacuum"))
    assert found(agent, "vacuum")[0] == 99


@pytest.mark.usefixtures("_few_are_read")
def test_of_many_passages_that_hold_a_rare_word_the_one_with_a_common_one_is_found() -> None:
    agent = agent_knowing(
        *COMMON, *[f"vacuum {n}" for n in range(7)], "a table for the vacuum of an index"
    )
    assert 48 in found(agent, "vacuum index")


@pytest.mark.usefixtures("_few_are_read")
def test_how_common_a_word_is_is_estimated_from_the_first_that_hold_it() -> None:
    every_second = [f"even {n}" if n % 2 else f"odd {n}" for n in range(100)]
    agent = agent_knowing(*every_second)
    known = asked.ask_index(LocalAgent(UUID(agent)), ["even", "odd", "17", "nowhere"])
    assert known.total == 100
    assert known.frequencies["even"] == pytest.approx(50, abs=5)
    assert (known.frequencies["17"], known.frequencies["nowhere"]) == (1, 0)
