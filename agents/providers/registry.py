"""The providers by name, as the setting `AGENTFORGE_PROVIDERS` lists them."""

from __future__ import annotations

from django.conf import settings
from django.utils.module_loading import import_string

from agents.providers.base import Provider


class UnknownProvider(LookupError):
    """No provider has that name."""


def provider_names() -> list[str]:
    """Every name that `provider` knows, in alphabetical order."""
    return sorted(settings.AGENTFORGE_PROVIDERS)


def provider(name: str) -> Provider:
    """The provider with that name.

    Raises:
        UnknownProvider: there is none; the message lists those that there are.
    """
    path = settings.AGENTFORGE_PROVIDERS.get(name)
    if path is None:
        known = ", ".join(provider_names())
        raise UnknownProvider(f"There is no provider {name!r}. Choose one of: {known}.")
    found: Provider = import_string(path)()
    return found
