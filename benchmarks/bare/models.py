from django.db import models


class Row(models.Model):
    """The least that a create can write."""

    name = models.CharField(max_length=100)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.name
