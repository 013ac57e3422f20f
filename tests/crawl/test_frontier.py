"""The frontier: breadth first, each page once, and no more pages than allowed."""

from agents.crawl.frontier import KNOWN_PER_PAGE, LEFT_OUT_KEPT, Entry, Frontier

HOME = "http://example.com/"


def drain(frontier: Frontier) -> list[str]:
    urls = []
    while entry := frontier.take():
        frontier.settle(entry, counts=True)
        urls.append(entry.url.removeprefix(HOME))
    return urls


def test_urls_come_breadth_first_in_the_order_found() -> None:
    frontier = Frontier(10)
    for url, depth in [("a", 0), ("deep", 2), ("b", 1), ("c", 1)]:
        frontier.add(HOME + url, depth)
    assert drain(frontier) == ["a", "b", "c", "deep"]


def test_a_url_is_added_once() -> None:
    frontier = Frontier(10)
    assert frontier.add(HOME, 0) == Entry(depth=0, position=0, url=HOME)
    assert frontier.add(HOME, 1) is None


def test_no_more_pages_are_handed_out_than_allowed() -> None:
    frontier = Frontier(2)
    for url in "abc":
        frontier.add(HOME + url, 0)
    assert [frontier.take(), frontier.take()] != [None, None]
    assert frontier.take() is None
    assert frontier.open_pages == 2


def test_a_skipped_page_makes_room_for_another() -> None:
    frontier = Frontier(1)
    for url in "ab":
        frontier.add(HOME + url, 0)
    first = frontier.take()
    assert first
    frontier.settle(first, counts=False)
    second = frontier.take()
    assert second and second.url == f"{HOME}b"
    frontier.settle(second, counts=True)
    assert frontier.open_pages == 0


def test_a_trap_that_has_ever_more_urls_does_not_fill_the_memory() -> None:
    frontier = Frontier(10)
    added = [frontier.add(f"{HOME}trap/{n}", 1) for n in range(1000)]
    assert sum(entry is not None for entry in added) == 10 * KNOWN_PER_PAGE


def test_the_target_of_a_redirect_belongs_to_one_page() -> None:
    frontier = Frontier(10)
    first, second = frontier.add(f"{HOME}a", 0), frontier.add(f"{HOME}b", 0)
    assert first and second
    assert frontier.claim(f"{HOME}target", first)
    assert frontier.claim(f"{HOME}target", first)
    assert not frontier.claim(f"{HOME}target", second)
    assert frontier.add(f"{HOME}target", 1) is None


def test_a_restored_frontier_goes_on_where_it_was() -> None:
    frontier = Frontier(3)
    frontier.restore(
        waiting=[Entry(1, 3, f"{HOME}d"), Entry(1, 2, f"{HOME}c")],
        done=[(Entry(0, 0, f"{HOME}a"), f"{HOME}a-moved"), (Entry(1, 1, f"{HOME}b"), "")],
        left_out=[Entry(1, 4, f"{HOME}out")],
        spellings={},
        counted=2,
    )
    assert frontier.open_pages == 1
    known = [frontier.add(f"{HOME}{name}", 1) for name in ("a", "a-moved", "b", "c")]
    assert known == [None] * 4
    assert frontier.add(f"{HOME}e", 1) == Entry(1, 5, f"{HOME}e")
    assert frontier.leave_out(f"{HOME}out", 1) is None
    assert drain(frontier) == ["c"]


def test_another_spelling_of_a_page_is_the_same_page() -> None:
    frontier = Frontier(10)
    frontier.add(f"{HOME}docs/", 0)
    assert frontier.add(f"{HOME}docs/index.html", 1) is None
    assert frontier.add(f"{HOME}docs", 1) is None
    assert drain(frontier) == ["docs/"]


def test_a_page_that_is_gone_is_tried_in_its_other_spelling_once() -> None:
    frontier = Frontier(10)
    frontier.add(f"{HOME}docs", 0)
    frontier.add(f"{HOME}docs/", 1)
    first = frontier.take()
    assert first
    other = frontier.another_spelling(first)
    assert other == Entry(0, 1, f"{HOME}docs/")
    frontier.add(f"{HOME}docs/index.html", 1)
    assert frontier.another_spelling(other) is None


def test_other_spellings_are_told_once_and_survive_a_restored_frontier() -> None:
    frontier = Frontier(10)
    for url in ("a", "a/", "a/index.html", "b", "b/"):
        frontier.add(HOME + url, 0)
    told = frontier.new_spellings()
    assert told == {0: f"{HOME}a/", 1: f"{HOME}b/"}
    assert frontier.new_spellings() == {}

    restored = Frontier(10)
    a, b, tried = Entry(0, 0, f"{HOME}a"), Entry(0, 1, f"{HOME}b"), Entry(0, 2, f"{HOME}b/")
    restored.restore([a, tried], [(b, "")], [], told, counted=1)
    assert restored.another_spelling(a) == Entry(0, 3, f"{HOME}a/")
    assert restored.another_spelling(b) is None


def test_each_host_has_its_share_of_what_is_in_hand() -> None:
    frontier = Frontier(100)
    for n in range(5):
        frontier.add(f"{HOME}{n}", 0)
    frontier.add("http://other.example/", 1)
    taken = [frontier.take() for _ in range(3)]
    assert [entry and entry.url for entry in taken] == [
        f"{HOME}0",
        "http://other.example/",
        f"{HOME}1",
    ]


def test_a_url_that_was_left_out_may_be_added_later_with_its_position() -> None:
    frontier = Frontier(10)
    assert frontier.leave_out(f"{HOME}a", 5) == Entry(5, 0, f"{HOME}a")
    assert frontier.leave_out(f"{HOME}a/", 5) is None
    assert frontier.add(f"{HOME}a/", 1) == Entry(1, 0, f"{HOME}a")
    assert frontier.leave_out(f"{HOME}a", 5) is None


def test_no_more_urls_are_left_out_than_are_remembered() -> None:
    frontier = Frontier(10)
    entries = [frontier.leave_out(f"{HOME}{n}", 1) for n in range(LEFT_OUT_KEPT + 5)]
    assert sum(entry is not None for entry in entries) == LEFT_OUT_KEPT


def test_what_is_in_reserve_waits_until_it_is_drawn() -> None:
    frontier = Frontier(10)
    frontier.add(HOME, 0)
    frontier.reserve([f"{HOME}index.html", f"{HOME}a", f"{HOME}b"])
    frontier.add(f"{HOME}b/", 1)
    assert frontier.open_pages == 3
    assert drain(frontier) == ["", "b/"]
    frontier.draw_reserve()
    assert drain(frontier) == ["a"]


def test_the_reserve_is_bounded() -> None:
    frontier = Frontier(10)
    frontier.reserve(f"{HOME}{n}" for n in range(1000))
    assert len(frontier.untaken) == 10 * KNOWN_PER_PAGE
