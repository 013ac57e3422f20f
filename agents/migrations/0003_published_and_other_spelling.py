"""When a page was published, and the other URL under which it was found."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("agents", "0002_local_index")]

    operations = [
        migrations.AddField(
            model_name="page",
            name="other_spelling",
            field=models.CharField(
                blank=True,
                help_text="Another URL that was found for the page, to try should this one be "
                "gone.",
                max_length=2048,
            ),
        ),
        migrations.AddField(
            model_name="page",
            name="published",
            field=models.DateField(
                blank=True, help_text="The day of publication, as the page says.", null=True
            ),
        ),
    ]
