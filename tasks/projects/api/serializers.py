"""The shape of a project's configuration, which workers on other machines read, too."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers


class Plain(serializers.CharField):
    """A text as it is: it may be empty, and nothing is trimmed."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(allow_blank=True, trim_whitespace=False, **kwargs)


class LimitsSerializer(serializers.Serializer[Any]):
    """What a task's program may use; null stands for what the installation allows."""

    seconds = serializers.IntegerField(allow_null=True)
    memory_mb = serializers.IntegerField(allow_null=True)
    processes = serializers.IntegerField(allow_null=True)
    output_mb = serializers.IntegerField(allow_null=True)


class ConfigSerializer(serializers.Serializer[Any]):
    """A project's configuration. Secrets read `***` for those who are no workers."""

    name = Plain()
    command = serializers.ListField(
        child=Plain(),
        help_text="The program and its first arguments; empty for the installation's own.",
    )
    working_directory = Plain(help_text="Empty for one in the data directory.")
    db_conn = Plain()
    paths = serializers.DictField(child=Plain(), help_text="Directories by name.")
    env = serializers.DictField(child=Plain())
    secrets = serializers.ListField(
        child=Plain(), help_text="The names of the variables in `env` that are secret."
    )
    limits = LimitsSerializer()
