"""Versions of an agent's knowledge, and what a refresh compares a site with."""

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

from tasks.migration_sql import per_database

# The index has nothing to learn of a passage's versions.
NARROW_TRIGGER = [
    "DROP TRIGGER agents_localindex_update",
    """
    CREATE TRIGGER agents_localindex_update
    AFTER UPDATE OF agent_id, title, headings, text ON agents_localpassage BEGIN
        INSERT INTO agents_localindex(agents_localindex, rowid, agent_id, title, headings, text)
        VALUES ('delete', old.id, old.agent_id, old.title, old.headings, old.text);
        INSERT INTO agents_localindex(rowid, agent_id, title, headings, text)
        VALUES (new.id, new.agent_id, new.title, new.headings, new.text);
    END
    """,
]
WIDE_TRIGGER = [
    NARROW_TRIGGER[0],
    NARROW_TRIGGER[1].replace("AFTER UPDATE OF agent_id, title, headings, text", "AFTER UPDATE"),
]
BUILT_BEFORE = """
    INSERT INTO agents_agentversion (
        agent_id, number, task_id, created_at, pages_new, pages_changed, pages_unchanged,
        pages_gone, pages_read, page_count, chunk_count, token_count
    )
    SELECT id, 1, build_task_id, created_at, page_count, 0, 0, 0, page_count,
        page_count, chunk_count, token_count
    FROM agents_agentrecord WHERE status = 'ready'
"""


class Migration(migrations.Migration):
    dependencies = [
        ("agents", "0004_roles"),
        ("tasks", "0002_task_search"),
    ]

    operations = [
        migrations.CreateModel(
            name="AgentVersion",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "number",
                    models.PositiveIntegerField(help_text="From 1, which its build has made."),
                ),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("pages_new", models.PositiveIntegerField(default=0)),
                ("pages_changed", models.PositiveIntegerField(default=0)),
                ("pages_unchanged", models.PositiveIntegerField(default=0)),
                ("pages_gone", models.PositiveIntegerField(default=0)),
                (
                    "pages_read",
                    models.PositiveIntegerField(
                        default=0,
                        help_text="Those whose text was extracted anew, whatever that has shown.",
                    ),
                ),
                ("page_count", models.PositiveIntegerField(default=0)),
                ("chunk_count", models.PositiveIntegerField(default=0)),
                ("token_count", models.PositiveBigIntegerField(default=0)),
            ],
            options={
                "verbose_name": "version",
                "ordering": ["agent", "-number"],
            },
        ),
        migrations.AddField(
            model_name="agentrecord",
            name="refresh_task",
            field=models.OneToOneField(
                blank=True,
                help_text="The refresh that was begun last: while it is not finished, there is no other.",
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="refreshed_agent",
                to="tasks.taskstate",
            ),
        ),
        migrations.AddField(
            model_name="agentrecord",
            name="refreshes",
            field=models.ForeignKey(
                blank=True,
                help_text="The agent for which it holds other pages: those of its next version, or those that an earlier run of its build has fetched.",
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="drafts",
                to="agents.agentrecord",
            ),
        ),
        migrations.AddField(
            model_name="agentrecord",
            name="version",
            field=models.PositiveIntegerField(
                default=1,
                help_text="How often its knowledge was put in place: by its build, then anew.",
            ),
        ),
        migrations.AddField(
            model_name="localagent",
            name="published_at",
            field=models.DateTimeField(help_text="Since when that is so.", null=True),
        ),
        migrations.AddField(
            model_name="localagent",
            name="version",
            field=models.PositiveIntegerField(
                default=0, help_text="The version of its knowledge that it answers from."
            ),
        ),
        migrations.AddField(
            model_name="localpassage",
            name="since",
            field=models.PositiveIntegerField(
                help_text="None: from the first version on.", null=True
            ),
        ),
        migrations.AddField(
            model_name="localpassage",
            name="until",
            field=models.PositiveIntegerField(
                help_text="None: it is in the last version.", null=True
            ),
        ),
        migrations.AddField(
            model_name="page",
            name="body_hash",
            field=models.CharField(blank=True, help_text="Of the body as fetched.", max_length=64),
        ),
        migrations.AddField(
            model_name="page",
            name="etag",
            field=models.CharField(blank=True, max_length=255),
        ),
        migrations.AddField(
            model_name="page",
            name="keeps",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                help_text="In a refresh: the page of the version before whose content is still the same.",
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="kept_by",
                to="agents.page",
            ),
        ),
        migrations.AddField(
            model_name="page",
            name="last_modified",
            field=models.CharField(
                blank=True,
                help_text="As the server says it, to be told the same again.",
                max_length=64,
            ),
        ),
        migrations.AddField(
            model_name="pagecontent",
            name="links",
            field=models.BinaryField(
                help_text="The URLs that an HTML page leads to, one a line, compressed with zlib.",
                null=True,
            ),
        ),
        migrations.AddIndex(
            model_name="localpassage",
            index=models.Index(
                condition=models.Q(("since__isnull", False)),
                fields=["agent", "since"],
                name="passage_since",
            ),
        ),
        migrations.AddIndex(
            model_name="localpassage",
            index=models.Index(
                condition=models.Q(("until__isnull", False)),
                fields=["agent", "until"],
                name="passage_until",
            ),
        ),
        migrations.AddIndex(
            model_name="page",
            index=models.Index(
                condition=models.Q(("keeps__isnull", False)), fields=["keeps"], name="page_keeps"
            ),
        ),
        migrations.AddField(
            model_name="agentversion",
            name="agent",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="versions",
                to="agents.agentrecord",
            ),
        ),
        migrations.AddField(
            model_name="agentversion",
            name="task",
            field=models.OneToOneField(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="agent_version",
                to="tasks.taskstate",
            ),
        ),
        migrations.AddConstraint(
            model_name="agentversion",
            constraint=models.UniqueConstraint(
                fields=("agent", "number"), name="version_once_per_agent"
            ),
        ),
        per_database(
            create={"sqlite": NARROW_TRIGGER, "postgresql": []},
            drop={"sqlite": WIDE_TRIGGER, "postgresql": []},
        ),
        # At the end: PostgreSQL alters no table that rows were just inserted into.
        per_database(
            create={"sqlite": [BUILT_BEFORE], "postgresql": [BUILT_BEFORE]},
            drop={"sqlite": [], "postgresql": []},
        ),
    ]
