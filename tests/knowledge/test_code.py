"""Code blocks of many highlighters become fences with their language."""

from __future__ import annotations

import pytest

from agents.knowledge.extract import main_markdown

PROSE = "<p>" + "The installer copies every file to its place, and checks it twice. " * 6 + "</p>"
GUTTER = "<td class='gutter'><pre>1\n2</pre></td>"
FENCE = "```go\na := 1\nb := 2\n```"


@pytest.mark.parametrize(
    "block",
    [
        "<pre lang='go'>a := 1\nb := 2</pre>",
        "<pre data-language='go'><code>a := 1\nb := 2</code></pre>",
        "<pre><code class='hljs go'>a := 1\nb := 2</code></pre>",
        "<pre class='brush: go'>a := 1\nb := 2</pre>",
        "<div class='sourceCode'><pre class='sourceCode go'>a := 1\nb := 2</pre></div>",
        "<div class='highlight highlight-source-go'><pre>a := 1\nb := 2</pre></div>",
        "<pre><code class='language-go'>a := 1<br>b := 2</code></pre>",
        "<pre><code class='language-go'><div>a := 1</div><div>b := 2</div></code></pre>",
        f"<figure class='highlight go'><table><tr>{GUTTER}"
        "<td class='code'><pre>a := 1\nb := 2</pre></td></tr></table></figure>",
    ],
)
def test_every_notation_of_a_language_is_read(block: str) -> None:
    page = f"<main><h1>Install</h1>{PROSE}{block}</main>"
    assert FENCE in main_markdown(page, "https://a.example/")


def test_a_table_of_examples_stays_a_table() -> None:
    table = "<table><tr><td>Start</td><td><pre>gull run</pre></td></tr></table>"
    markdown = main_markdown(f"<main>{PROSE}{table}</main>", "https://a.example/")
    assert "Start" in markdown and "gull run" in markdown


def test_the_language_of_the_page_is_not_that_of_its_code() -> None:
    page = f"<main class='lang-en'>{PROSE}<pre>ls</pre></main>"
    assert "```\nls\n```" in main_markdown(page, "https://a.example/")


def test_inline_code_of_several_words_stays_on_its_line() -> None:
    words = [f'<span class="pre">{word}</span>' for word in ("sample(reds,", "blues,", "4)")]
    code = f"<code>{words[0]} {words[1]}\n{words[2]}</code>"
    found = main_markdown(f"{PROSE}<p>For example, {code} gives one.</p>", "https://example.com/")
    assert found.endswith("For example, `sample(reds, blues, 4)` gives one.")


def test_blanks_in_inline_code_are_one_each() -> None:
    found = main_markdown(
        f"{PROSE}<p>Then <code>VACUUM\n    FULL</code> it.</p>", "https://a.example/"
    )
    assert found.endswith("Then `VACUUM FULL` it.")
