"""The database itself refuses to change an entry of the audit trail.

A later migration that alters that table on SQLite makes Django build it anew, without its trigger:
such a migration must create the trigger again.
"""

from django.db import migrations

from tasks.migration_sql import per_database

REFUSAL = "The audit trail is append-only."

SQLITE_CREATE = [
    f"""
    CREATE TRIGGER tasks_auditentry_kept BEFORE UPDATE ON tasks_auditentry BEGIN
        SELECT RAISE(ABORT, '{REFUSAL}');
    END
    """,
]
SQLITE_DROP = ["DROP TRIGGER IF EXISTS tasks_auditentry_kept"]

POSTGRES_CREATE = [
    f"""
    CREATE FUNCTION tasks_auditentry_kept() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION '{REFUSAL}' USING ERRCODE = 'integrity_constraint_violation';
    END
    $$
    """,
    """
    CREATE TRIGGER tasks_auditentry_kept BEFORE UPDATE ON tasks_auditentry
    FOR EACH ROW EXECUTE FUNCTION tasks_auditentry_kept()
    """,
]
POSTGRES_DROP = [
    "DROP TRIGGER IF EXISTS tasks_auditentry_kept ON tasks_auditentry",
    "DROP FUNCTION IF EXISTS tasks_auditentry_kept()",
]


class Migration(migrations.Migration):
    dependencies = [("tasks", "0004_roles_and_audit")]

    operations = [
        per_database(
            create={"postgresql": POSTGRES_CREATE, "sqlite": SQLITE_CREATE},
            drop={"postgresql": POSTGRES_DROP, "sqlite": SQLITE_DROP},
        )
    ]
