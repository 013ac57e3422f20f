"""What of a page becomes its Markdown."""

from agents.knowledge.document import Document
from agents.knowledge.files.read import read_file

URL = "https://docs.example/guide/install.html"
PROSE = "<p>" + "The installer copies every file to its place and checks it twice. " * 8 + "</p>"


def read(body: str, head: str = "") -> Document:
    page = f"<!doctype html><html lang='en-GB'><head>{head}</head><body>{body}</body></html>"
    return read_file(page.encode(), "text/html; charset=utf-8", URL)


def test_navigation_footer_and_banners_are_left_out() -> None:
    document = read(
        "<nav>Home Products</nav><div class='cookie-banner'>We use cookies</div>"
        f"<div id='sidebar'>Other pages</div><main><h1>Install</h1>{PROSE}</main>"
        "<footer>Copyright</footer><script>var tracking = 1</script>"
    )
    assert document.markdown.startswith("# Install\n\nThe installer copies")
    for noise in ("Home Products", "cookies", "Other pages", "Copyright", "tracking"):
        assert noise not in document.markdown


def test_a_page_whose_body_is_named_after_its_sidebar_keeps_its_text() -> None:
    document = read(
        f"<div class='has-sidebar layout-sidebar'><div class='menu'>{PROSE}</div></div>"
    )
    assert "The installer copies every file" in document.markdown


def test_a_functions_signature_stays_and_that_of_a_persons_posts_goes() -> None:
    document = read(
        f"{PROSE}<table><tr><td><p class='func_signature'><code>pg_cancel(pid integer)</code></p>"
        "<p>Cancels the query of a session.</p></td></tr></table>"
        f"<div class='post'>{PROSE}<div class='signature'>Sent from my telephone</div></div>"
    )
    assert "pg_cancel(pid integer)" in document.markdown
    assert "telephone" not in document.markdown


def test_hidden_parts_are_left_out() -> None:
    document = read(f"{PROSE}<div hidden>secret one</div><p style='display: none'>secret two</p>")
    assert "secret" not in document.markdown


def test_a_page_written_for_readers_without_javascript_is_read() -> None:
    document = read(f"<div id='app'></div><noscript>{PROSE}</noscript>")
    assert "The installer copies every file" in document.markdown


def test_a_thread_keeps_all_its_articles() -> None:
    posts = "".join(
        f"<article><p>Post number {n}. {'Many words. ' * 30}</p></article>" for n in "123"
    )
    document = read(f"<div class='banner'>Forum</div><div class='thread'>{posts}</div>")
    assert [n for n in "123" if f"Post number {n}" in document.markdown] == ["1", "2", "3"]


def test_headings_lists_and_tables_become_markdown() -> None:
    document = read(
        f"<main><h2>Options</h2>{PROSE}<ul><li>first<ul><li>inner</li></ul></li><li>second</li></ul>"
        "<table><tr><th>Name</th><th>Use</th></tr><tr><td>a|b</td><td>either</td></tr></table></main>"
    )
    assert "## Options" in document.markdown
    assert "- first\n  * inner\n- second" in document.markdown
    assert "| Name | Use |\n| --- | --- |\n| a\\|b | either |" in document.markdown


def test_code_keeps_its_lines_its_language_and_nothing_of_its_highlighting() -> None:
    document = read(
        f"<main>{PROSE}<div class='highlight-python3 notranslate'><div class='highlight'><pre>"
        "<span class='k'>if</span> a &lt; b:\n\n    <span>go</span>()\n</pre></div></div></main>"
    )
    assert "```python3\nif a < b:\n\n    go()\n```" in document.markdown


def test_a_code_block_without_a_language_is_fenced_all_the_same() -> None:
    document = read(f"<main>{PROSE}<pre class='programlisting'>SELECT 1;\n  -- two</pre></main>")
    assert "```\nSELECT 1;\n  -- two\n```" in document.markdown


def test_links_are_absolute_and_those_that_lead_nowhere_become_text() -> None:
    document = read(
        f"<main>{PROSE}<p>See <a href='../api/#top' title='API'>the API</a>, "
        "<a href='javascript:go()'>a script</a> and <a>an anchor</a>.</p></main>"
    )
    expected = "See [the API](https://docs.example/api/#top), a script and an anchor."
    assert expected in document.markdown


def test_the_base_element_changes_what_links_mean() -> None:
    document = read(f"<main>{PROSE}<a href='x'>x</a></main>", "<base href='/other/'>")
    assert "[x](https://docs.example/other/x)" in document.markdown


def test_permalink_marks_are_not_part_of_a_heading() -> None:
    document = read(f"<main><h1>Usage<a class='headerlink' href='#u'>¶</a></h1>{PROSE}</main>")
    assert document.markdown.startswith("# Usage\n")


def test_the_title_of_a_note_opens_no_section() -> None:
    document = read(
        f"<main><h1>Usage</h1>{PROSE}<div class='note'><h3>Note</h3><p>Mind.</p></div></main>"
    )
    assert "**Note**" in document.markdown
    assert "### Note" not in document.markdown


def test_a_paragraph_broken_in_its_source_is_one_line() -> None:
    document = read("<p>One\n   sentence over\n\tthree lines.</p>" + PROSE)
    assert "One sentence over three lines." in document.markdown


def test_the_head_gives_description_and_language() -> None:
    document = read(PROSE, "<title>T</title><meta name='description' content=' What it\n is '>")
    assert (document.description, document.language) == ("What it is", "en")


def test_open_graph_speaks_where_the_page_does_not() -> None:
    head = "<meta property='og:title' content='Shared'><meta property='og:description' content='D'>"
    document = read(PROSE, head)
    assert (document.title, document.description) == ("Shared", "D")


def test_the_title_is_the_heading_where_only_the_sites_name_is_added() -> None:
    head = "<title>Install — Example 2.1 documentation</title>"
    assert read(f"<h1>Install</h1>{PROSE}", head).title == "Install"
    assert read(f"<h1>Welcome</h1>{PROSE}", head).title == "Install — Example 2.1 documentation"


def test_a_page_without_title_is_called_like_its_file() -> None:
    assert read(PROSE).title == "install.html"


def test_the_language_is_recognized_where_it_is_not_declared() -> None:
    german = """Das Programm richtet zuerst ein Verzeichnis ein. Danach werden alle Dateien kopiert
    und geprüft, und am Ende zeigt es an, was geschehen ist. Wer etwas ändern möchte, öffnet die
    Einstellungen."""
    assert read_file(f"<p>{german}</p>".encode(), "text/html", URL).language == "de"
    assert read_file(b"<p>" + b"0x7f 0x80 " * 40, "text/html", URL).language == ""


def test_xhtml_with_a_prolog_is_read_like_html() -> None:
    page = (
        f'<?xml version="1.0" encoding="UTF-8"?><html xml:lang="fr"><title>X</title>{PROSE}</html>'
    )
    document = read_file(page.encode(), "application/xhtml+xml", URL)
    assert (document.title, document.language) == ("X", "fr")


def test_a_page_without_text_gives_no_markdown() -> None:
    assert read("<script>app()</script><div id='root'></div>").markdown == ""
    assert read_file(b"", "text/html", URL).markdown == ""


def test_markdown_is_taken_as_it_is() -> None:
    document = read_file(b"# Title\n\nText *here*.\n", "text/markdown; charset=utf-8", URL)
    assert (document.title, document.markdown) == ("Title", "# Title\n\nText *here*.")


def test_plain_text_is_taken_as_it_is_and_called_like_its_file() -> None:
    document = read_file(b"a\x00 < b", "text/plain", "https://docs.example/notes%20new.txt")
    assert (document.title, document.markdown) == ("notes new.txt", "a < b")


def test_a_broken_page_is_read_as_far_as_it_goes() -> None:
    document = read_file(
        b"<p>Begin <b>bold <table><tr><td>cell</p></b><a href='http://[", "text/html", URL
    )
    assert "Begin" in document.markdown
