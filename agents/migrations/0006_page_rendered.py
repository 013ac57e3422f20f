"""Whether a browser has run a page's scripts before it was read."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("agents", "0005_refresh")]

    operations = [
        migrations.AddField(
            model_name="page",
            name="rendered",
            field=models.BooleanField(
                default=False,
                help_text="Whether a browser has run its scripts before it was read.",
            ),
        ),
    ]
