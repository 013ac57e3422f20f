"""The groups that an installation begins with."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission
from django.core.management import call_command

pytestmark = [pytest.mark.django_db, pytest.mark.services]


def permissions(name: str) -> set[str]:
    rows: Any = Group.objects.get(name=name).permissions.values_list("codename", flat=True)
    return set(rows)


def test_each_may_all_that_the_one_before_may() -> None:
    viewers, operators, administrators = map(
        permissions, ["Viewers", "Operators", "Administrators"]
    )
    assert viewers < operators < administrators
    assert {name.partition("_")[0] for name in viewers} == {"view"}
    assert operators - viewers == {
        "cancel_taskstate",
        "retry_taskstate",
        "replay_webhookdelivery",
        "change_agentrecord",
        "refresh_agentrecord",
        "run_project",
    }
    assert {"delete_agentrecord", "add_apitoken", "revoke_apitoken"} < administrators
    assert "change_project" in administrators
    assert "read_secrets" not in administrators


def test_migrate_leaves_a_group_as_it_was_changed_and_makes_one_that_is_missing() -> None:
    everything = permissions("Operators")
    Group.objects.get(name="Operators").permissions.set(
        Permission.objects.filter(codename="cancel_taskstate")
    )
    Group.objects.get(name="Viewers").delete()
    call_command("migrate", verbosity=0)
    assert permissions("Operators") == {"cancel_taskstate"}
    assert permissions("Viewers") < everything
