"""How many passages a local agent answers from is kept with it."""

from django.db import migrations, models

COUNT = """
    UPDATE agents_localagent SET passage_count = (
        SELECT COUNT(*) FROM agents_localpassage AS passage
        WHERE passage.agent_id = agents_localagent.id
            AND (since IS NULL OR since <= version) AND (until IS NULL OR until > version)
    )
"""


class Migration(migrations.Migration):
    dependencies = [("agents", "0006_page_rendered")]

    operations = [
        migrations.AddField(
            model_name="localagent",
            name="passage_count",
            field=models.PositiveIntegerField(
                help_text="How many passages that are. None: they have changed since the count.",
                null=True,
            ),
        ),
        migrations.RunSQL(COUNT, migrations.RunSQL.noop),
    ]
