"""Providers by name."""

from typing import Any

import pytest

from agents.providers.local import LocalProvider
from agents.providers.registry import UnknownProvider, provider, provider_names


def test_the_local_provider_is_there() -> None:
    assert isinstance(provider("local"), LocalProvider)
    assert provider("local").name == "local"


def test_an_unknown_name_is_refused_with_those_that_are_known(settings: Any) -> None:
    settings.AGENTFORGE_PROVIDERS = {"zeta": "x.Y", "local": "a.B"}
    with pytest.raises(UnknownProvider) as error:
        provider("cloud")
    assert str(error.value) == "There is no provider 'cloud'. Choose one of: local, zeta."
    assert provider_names() == ["local", "zeta"]
