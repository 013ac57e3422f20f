"""The index of what a free text finds (see `tasks.text_index`). It follows `tasks_tasktext` by itself.

A later migration that alters that table on SQLite makes Django build it anew, without its
triggers: such a migration must drop and create the index again around it, with the statements below.
"""

from django.db import migrations

from tasks.migration_sql import per_database

SQLITE_CREATE = [
    # The text is folded already; a case-sensitive index spares folding it again.
    """
    CREATE VIRTUAL TABLE tasks_textindex USING fts5(
        text, content='tasks_tasktext', content_rowid='id', tokenize='trigram case_sensitive 1'
    )
    """,
    """
    CREATE TRIGGER tasks_textindex_insert AFTER INSERT ON tasks_tasktext BEGIN
        INSERT INTO tasks_textindex(rowid, text) VALUES (new.id, new.text);
    END
    """,
    """
    CREATE TRIGGER tasks_textindex_delete AFTER DELETE ON tasks_tasktext BEGIN
        INSERT INTO tasks_textindex(tasks_textindex, rowid, text)
        VALUES ('delete', old.id, old.text);
    END
    """,
    """
    CREATE TRIGGER tasks_textindex_update AFTER UPDATE ON tasks_tasktext BEGIN
        INSERT INTO tasks_textindex(tasks_textindex, rowid, text)
        VALUES ('delete', old.id, old.text);
        INSERT INTO tasks_textindex(rowid, text) VALUES (new.id, new.text);
    END
    """,
    "INSERT INTO tasks_textindex(tasks_textindex) VALUES ('rebuild')",
]
SQLITE_DROP = [
    "DROP TRIGGER IF EXISTS tasks_textindex_insert",
    "DROP TRIGGER IF EXISTS tasks_textindex_delete",
    "DROP TRIGGER IF EXISTS tasks_textindex_update",
    "DROP TABLE IF EXISTS tasks_textindex",
]

# A trusted extension since PostgreSQL 13: the owner of the database may create it.
POSTGRES_CREATE = [
    "CREATE EXTENSION IF NOT EXISTS pg_trgm",
    """
    CREATE INDEX tasks_textindex ON tasks_tasktext
    USING gin (text gin_trgm_ops, (ARRAY[id >> 14]))
    """,
]
POSTGRES_DROP = ["DROP INDEX IF EXISTS tasks_textindex"]


class Migration(migrations.Migration):
    dependencies = [("tasks", "0001_initial")]

    operations = [
        per_database(
            create={"postgresql": POSTGRES_CREATE, "sqlite": SQLITE_CREATE},
            drop={"postgresql": POSTGRES_DROP, "sqlite": SQLITE_DROP},
        )
    ]
