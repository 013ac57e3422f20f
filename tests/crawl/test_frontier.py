"""The frontier: breadth first, each URL once, and no more pages than allowed."""

from agents.crawl.frontier import KNOWN_PER_PAGE, Entry, Frontier


def drain(frontier: Frontier) -> list[str]:
    urls = []
    while entry := frontier.take():
        frontier.settle(counts=True)
        urls.append(entry.url)
    return urls


def test_urls_come_breadth_first_in_the_order_found() -> None:
    frontier = Frontier(10)
    for url, depth in [("a", 0), ("deep", 2), ("b", 1), ("c", 1)]:
        frontier.add(url, depth)
    assert drain(frontier) == ["a", "b", "c", "deep"]


def test_a_url_is_added_once() -> None:
    frontier = Frontier(10)
    assert frontier.add("a", 0) == Entry(depth=0, position=0, url="a")
    assert frontier.add("a", 1) is None


def test_no_more_pages_are_handed_out_than_allowed() -> None:
    frontier = Frontier(2)
    for url in "abc":
        frontier.add(url, 0)
    assert [frontier.take(), frontier.take()] != [None, None]
    assert frontier.take() is None
    assert frontier.open_pages == 2


def test_a_skipped_page_makes_room_for_another() -> None:
    frontier = Frontier(1)
    for url in "ab":
        frontier.add(url, 0)
    frontier.take()
    frontier.settle(counts=False)
    second = frontier.take()
    assert second and second.url == "b"
    frontier.settle(counts=True)
    assert frontier.open_pages == 0


def test_a_trap_that_has_ever_more_urls_does_not_fill_the_memory() -> None:
    frontier = Frontier(10)
    added = [frontier.add(f"trap/{n}", 1) for n in range(1000)]
    assert sum(entry is not None for entry in added) == 10 * KNOWN_PER_PAGE


def test_the_target_of_a_redirect_belongs_to_one_page() -> None:
    frontier = Frontier(10)
    first, second = frontier.add("a", 0), frontier.add("b", 0)
    assert first and second
    assert frontier.claim("target", first)
    assert frontier.claim("target", first)
    assert not frontier.claim("target", second)
    assert frontier.add("target", 1) is None


def test_a_restored_frontier_goes_on_where_it_was() -> None:
    frontier = Frontier(3)
    frontier.restore(
        waiting=[Entry(1, 3, "d"), Entry(1, 2, "c")],
        done=[(Entry(0, 0, "a"), "a-moved"), (Entry(1, 1, "b"), "")],
        counted=2,
    )
    assert frontier.open_pages == 1
    assert [frontier.add(url, 1) for url in ("a", "a-moved", "b", "c")] == [None] * 4
    assert frontier.add("e", 1) == Entry(1, 4, "e")
    assert drain(frontier) == ["c"]
