"""Chinese, Japanese, Thai and others without blanks between words are indexed by their grams.

Passages of before are found as they were; a new build finds them by their grams as well.
"""

from importlib import import_module

from django.db import migrations, models

from tasks.migration_sql import per_database

FIRST = import_module("agents.migrations.0002_local_index")
COLUMNS = "agents_localindex(rowid, agent_id, title, headings, text)"
ANY_ROW = (
    "{0}.id, {0}.agent_id, {0}.title, {0}.headings, {0}.text || ' ' || COALESCE({0}.grams, '')"
)
ADD = f"INSERT INTO {COLUMNS} VALUES ({ANY_ROW.format('new')});"
TAKE_OUT = (
    f"INSERT INTO {COLUMNS.replace('(', '(agents_localindex, ')} "
    f"VALUES ('delete', {ANY_ROW.format('old')});"
)
SQLITE_CREATE = [
    *FIRST.SQLITE_DROP[:3],
    f"CREATE TRIGGER agents_localindex_insert AFTER INSERT ON agents_localpassage BEGIN {ADD} END",
    f"CREATE TRIGGER agents_localindex_delete AFTER DELETE ON agents_localpassage "
    f"BEGIN {TAKE_OUT} END",
    "CREATE TRIGGER agents_localindex_update "
    "AFTER UPDATE OF agent_id, title, headings, text, grams ON agents_localpassage "
    f"BEGIN {TAKE_OUT} {ADD} END",
    # The different words of the index, to look for spellings in.
    "CREATE VIRTUAL TABLE agents_localwords USING fts5vocab(agents_localindex, row)",
]


def _vector(text: str) -> list[str]:
    """The generated column, made anew."""
    return [
        "ALTER TABLE agents_localpassage DROP COLUMN document",
        FIRST.POSTGRES_CREATE[0].replace("translate(text,", f"translate({text},"),
        FIRST.POSTGRES_CREATE[1],
    ]


class Migration(migrations.Migration):
    dependencies = [("agents", "0007_passage_count")]

    operations = [
        migrations.AddField(
            model_name="localpassage",
            name="grams",
            field=models.TextField(
                help_text=(
                    "What the index has of text without blanks between words: see knowledge.grams."
                ),
                null=True,
            ),
        ),
        per_database(
            create={
                "postgresql": _vector("text || ' ' || COALESCE(grams, '')"),
                "sqlite": SQLITE_CREATE,
            },
            drop={
                "postgresql": _vector("text"),
                "sqlite": ["DROP TABLE agents_localwords", *FIRST.SQLITE_DROP[:3], *FIRST.SQLITE_CREATE[1:4]],
            },
        ),
    ]
