"""What an element weighs, also after parts of it are gone."""

from selectolax.lexbor import LexborHTMLParser, LexborNode

from agents.knowledge.measures import Measure, Measures

PAGE = "<div><p>One, two. <a href=x>Three</a></p><a href=y><b>Four</b></a> <ul><li>Five</ul></div>"


def weigh(html: str) -> tuple[LexborNode, Measures]:
    body = LexborHTMLParser(html).body
    assert body is not None
    return body, Measures(body)


def test_text_links_and_stops_are_added_up() -> None:
    body, measures = weigh(PAGE)
    assert measures.of(body) == Measure(text=22, links=9, stops=2)


def test_what_is_removed_is_taken_off_all_that_held_it() -> None:
    body, measures = weigh(PAGE)
    measures.remove(body.css("a")[1])
    assert measures.of(body) == Measure(text=18, links=5, stops=2)
    measures.remove(body.css("p")[0])
    assert measures.of(body) == measures.of(body.css("div")[0]) == Measure(text=4)


def test_what_stood_in_a_removed_element_is_no_longer_held() -> None:
    body, measures = weigh(PAGE)
    outer, inner = body.css("ul,li")
    measures.remove(outer)
    assert not measures.holds(inner)


def test_sentences_are_prose_and_names_and_links_are_not() -> None:
    sentences = "The tide came in, and the mill turned. " * 10
    body, measures = weigh(
        f"<p>{sentences}</p><p>{'Canvas Satchel Navy ' * 20}</p><a>{sentences}</a>"
    )
    prose, names = body.css("p")
    assert measures.of(prose).is_prose
    assert not measures.of(names).is_prose
    assert not measures.of(body).is_prose
