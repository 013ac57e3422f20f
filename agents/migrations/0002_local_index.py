"""The full-text index of the local provider's passages, which follows their table by itself.

A later migration that alters `agents_localpassage` on SQLite makes Django build the table anew,
without its triggers: such a migration must drop and create the index again around it, with
the statements below.
"""

from django.db import migrations

from tasks.migration_sql import per_database

SQLITE_CREATE = [
    """
    CREATE VIRTUAL TABLE agents_localindex USING fts5(
        agent_id, title, headings, text,
        content='agents_localpassage', content_rowid='id',
        tokenize='porter unicode61 remove_diacritics 2'
    )
    """,
    """
    CREATE TRIGGER agents_localindex_insert AFTER INSERT ON agents_localpassage BEGIN
        INSERT INTO agents_localindex(rowid, agent_id, title, headings, text)
        VALUES (new.id, new.agent_id, new.title, new.headings, new.text);
    END
    """,
    """
    CREATE TRIGGER agents_localindex_delete AFTER DELETE ON agents_localpassage BEGIN
        INSERT INTO agents_localindex(agents_localindex, rowid, agent_id, title, headings, text)
        VALUES ('delete', old.id, old.agent_id, old.title, old.headings, old.text);
    END
    """,
    """
    CREATE TRIGGER agents_localindex_update AFTER UPDATE ON agents_localpassage BEGIN
        INSERT INTO agents_localindex(agents_localindex, rowid, agent_id, title, headings, text)
        VALUES ('delete', old.id, old.agent_id, old.title, old.headings, old.text);
        INSERT INTO agents_localindex(rowid, agent_id, title, headings, text)
        VALUES (new.id, new.agent_id, new.title, new.headings, new.text);
    END
    """,
    "INSERT INTO agents_localindex(agents_localindex) VALUES ('rebuild')",
]
SQLITE_DROP = [
    "DROP TRIGGER IF EXISTS agents_localindex_insert",
    "DROP TRIGGER IF EXISTS agents_localindex_delete",
    "DROP TRIGGER IF EXISTS agents_localindex_update",
    "DROP TABLE IF EXISTS agents_localindex",
]

# PostgreSQL's parser reads a/b as a file and x.y as a host; without punctuation it finds words.
PUNCTUATION = r"""!"#$%&''()*+,-./:;<=>?@[\]^_`{|}~"""
BLANKS = " " * (len(PUNCTUATION) - 1)


def _vector(column: str, weight: str) -> str:
    words = f"translate({column}, '{PUNCTUATION}', '{BLANKS}')"
    return f"setweight(to_tsvector('english', {words}), '{weight}')"


# The agent is a lexeme, too, so that the index itself passes over other agents' passages. No text
# has one with a blank in it.
POSTGRES_CREATE = [
    f"""
    ALTER TABLE agents_localpassage ADD COLUMN document tsvector GENERATED ALWAYS AS (
        {_vector("title", "A")} || {_vector("headings", "B")} || {_vector("text", "D")}
        || array_to_tsvector(ARRAY['agent ' || agent_id::text])
    ) STORED
    """,
    "CREATE INDEX agents_localindex ON agents_localpassage USING gin (document)",
]
POSTGRES_DROP = ["ALTER TABLE agents_localpassage DROP COLUMN document"]


class Migration(migrations.Migration):
    dependencies = [("agents", "0001_initial")]

    operations = [
        per_database(
            create={"postgresql": POSTGRES_CREATE, "sqlite": SQLITE_CREATE},
            drop={"postgresql": POSTGRES_DROP, "sqlite": SQLITE_DROP},
        )
    ]
