"""How an agent is described by what it knows."""

from agents.knowledge.describe import Description, ExtractiveDescriber, Knowledge
from agents.knowledge.topics import PageSummary, clean, topics


def page(title: str, opening: str = "", *headings: str, chunks: int = 3) -> PageSummary:
    return PageSummary(title, "", headings, opening, chunks)


HOME = page(
    "Lathe Manual",
    "Lathe is a small build tool that turns recipes into packages. "
    "This is only the first page. You can create a recipe with one command.",
)
PAGES = [
    HOME,
    page("Creating a Recipe", "To create a recipe, write its name.", "Notes"),
    page("1.2. Recipe Files", "A recipe file describes one package.", "Which keys are there?"),
    page("Run the tests", "Every recipe has tests, and Lathe runs the tests.", "Notes"),
    page("License", "Do as you like.", "Notes", chunks=40),
    page("Changelog", "Release 1.", "Notes", chunks=50),
]


def described(
    pages: list[PageSummary] = PAGES, name: str = "", language: str = "en"
) -> Description:
    return ExtractiveDescriber().describe(Knowledge(name, language, pages))


def test_the_description_says_in_the_pages_words_what_the_thing_is() -> None:
    assert described().description.startswith(
        "Lathe is a small build tool that turns recipes into packages."
    )


def test_sentences_that_lean_on_others_are_not_in_it() -> None:
    assert "This is only" not in described().description


def test_the_name_is_the_first_pages_title_unless_one_is_given() -> None:
    assert described().name == "Lathe Manual"
    assert described(name="Helper").name == "Helper"


def test_the_prompt_names_role_size_topics_and_rules() -> None:
    prompt = described(name="Helper").system_prompt
    assert prompt.startswith('You are "Helper"')
    assert "6 pages in 102 passages" in prompt
    assert "- Creating a Recipe\n- Recipe Files\n" in prompt
    for rule in ("Answer only from your knowledge", "Cite the page", "you do not know"):
        assert rule in prompt


def test_licences_and_changelogs_are_no_topics() -> None:
    assert not {"License", "Changelog"} & set(topics(PAGES, 10))


def test_questions_are_what_a_person_would_ask() -> None:
    questions = described().starter_questions
    assert questions[:3] == [
        "Which keys are there?",
        "How do I create a recipe?",
        "How do I run the tests?",
    ]
    assert 4 <= len(questions) <= 6


def test_the_verb_of_a_gerund_is_the_one_that_the_pages_use() -> None:
    pages = [page("Running Tests", "You run tests."), page("Making Tea", "We make tea.")]
    questions = described(pages).starter_questions
    assert {"How do I run tests?", "How do I make tea?"} <= set(questions)


def test_names_keep_their_capitals() -> None:
    pages = [page("Installing Python Modules", "You install modules for Python with pip.")]
    assert described(pages).starter_questions[0] == "How do I install Python modules?"


def test_in_another_language_headings_are_the_questions() -> None:
    pages = [page("Was ist eine Drehbank?", "Eine Drehbank dreht."), page("Wartung", "Öl.")]
    questions = described(pages, language="de").starter_questions
    assert questions == ["Was ist eine Drehbank?", "Wartung?"]


def test_headings_on_many_pages_are_no_questions() -> None:
    pages = [page(f"Command {n}", "", "Where is it used?") for n in range(6)]
    assert "Where is it used?" not in described(pages).starter_questions


def test_the_same_knowledge_is_described_the_same_way() -> None:
    assert described() == described()


def test_a_page_without_sentences_is_described_by_its_title() -> None:
    description = described([page("Price list", "| a | b |\n| - | - |\n| 1 | 2 |")])
    assert description.name == "Price list"
    assert "Price list" in description.description


def test_numbers_of_chapters_are_no_part_of_a_topic() -> None:
    assert clean("25.1. Routine Vacuuming") == "Routine Vacuuming"
    assert clean("Chapter 26. Backup") == "Backup"
    assert clean("A brief history") == "A brief history"
