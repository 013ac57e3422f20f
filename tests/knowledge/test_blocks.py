"""Markdown as blocks."""

from agents.knowledge.blocks import Kind, blocks, plain_text, unwrap_lines


def kinds(markdown: str) -> list[tuple[str, str]]:
    return [(block.kind.value, block.text) for block in blocks(markdown)]


def test_blank_lines_part_blocks() -> None:
    assert kinds("one\ntwo\n\n\nthree") == [("text", "one\ntwo"), ("text", "three")]


def test_a_heading_needs_no_blank_line() -> None:
    assert kinds("# A\ntext\n## B #") == [
        ("heading", "# A"),
        ("text", "text"),
        ("heading", "## B #"),
    ]


def test_a_fence_holds_blank_lines_headings_and_shorter_fences() -> None:
    code = "````md\n# no heading\n\n```\nx\n```\n````"
    assert kinds(f"before\n{code}\nafter") == [
        ("text", "before"),
        ("code", code),
        ("text", "after"),
    ]


def test_a_fence_that_never_closes_ends_with_the_text() -> None:
    assert kinds("```\ncode\n\nmore") == [("code", "```\ncode\n\nmore")]


def test_lists_and_tables_are_known_by_their_first_line() -> None:
    found = [
        block.kind for block in blocks("1. one\n2. two\n\n| a |\n| - |\n\n* x\n\n*emphasis* only")
    ]
    assert found == [Kind.LIST, Kind.TABLE, Kind.LIST, Kind.TEXT]


def test_unwrapping_leaves_code_tables_and_items_alone() -> None:
    markdown = "a\nb\n\n- one\n  still one\n- two\n\n| x |\n| - |\n\n```\na\nb\n```"
    assert unwrap_lines(markdown) == (
        "a b\n\n- one still one\n- two\n\n| x |\n| - |\n\n```\na\nb\n```"
    )


def test_a_hard_line_break_stays() -> None:
    assert unwrap_lines("street  \ntown") == "street  \ntown"


def test_plain_text_has_no_marks() -> None:
    assert plain_text("**The** [`pg_dump`](http://x) *tool* 2 * 3") == "The pg_dump tool 2 * 3"
