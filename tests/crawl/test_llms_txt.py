"""llms.txt: the pages that a site lists for language models."""

from agents.crawl.llms_txt import MAX_LINKS, read_llms_txt

HERE = "https://example.com/docs/llms.txt"


def test_links_come_normalized_once_each_in_their_order() -> None:
    body = b"""# Manual
> A manual. See [the site](https://example.com/).

## Docs
- [Start](start.md): how to begin
- [API](</api/?utm_source=llms> "the API")
- [Start again](start.md#top), [mail](mailto:a@example.com), [broken](

## Optional
- [Other](http://other.example/x)
"""
    assert read_llms_txt(body, HERE) == [
        "https://example.com/",
        "https://example.com/docs/start.md",
        "https://example.com/api/",
        "http://other.example/x",
    ]


def test_a_list_without_end_is_cut_off() -> None:
    body = b"".join(b"[x](/%d)\n" % n for n in range(MAX_LINKS + 10))
    assert len(read_llms_txt(body, HERE)) == MAX_LINKS


def test_brackets_without_end_cost_no_time() -> None:
    assert read_llms_txt(b"](" * 500_000, HERE) == []
