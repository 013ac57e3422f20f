"""The index of what a free text finds. It follows `tasks_tasktext` by itself.

A later migration that alters that table on SQLite makes Django build it anew, without its
triggers: such a migration must drop and create the index again around it, with `drop_index` and
`create_index`.
"""

from django.db import migrations

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
    "CREATE INDEX tasks_textindex ON tasks_tasktext USING gin (text gin_trgm_ops)",
]
POSTGRES_DROP = ["DROP INDEX IF EXISTS tasks_textindex"]


def create_index(apps, schema_editor):
    postgres = schema_editor.connection.vendor == "postgresql"
    for statement in POSTGRES_CREATE if postgres else SQLITE_CREATE:
        schema_editor.execute(statement, params=None)


def drop_index(apps, schema_editor):
    postgres = schema_editor.connection.vendor == "postgresql"
    for statement in POSTGRES_DROP if postgres else SQLITE_DROP:
        schema_editor.execute(statement, params=None)


class Migration(migrations.Migration):
    dependencies = [("tasks", "0001_initial")]

    operations = [migrations.RunPython(create_index, drop_index)]
