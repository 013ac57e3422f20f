"""How the steps speak to a provider: its errors become the engine's, here and nowhere else."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from agents.models import AgentRecord
from agents.providers.base import Provider, ProviderError
from agents.providers.registry import UnknownProvider, provider
from tasks.errors import PermanentError, TransientError


@contextmanager
def provider_of(agent: AgentRecord) -> Iterator[Provider]:
    """The agent's provider, for calls within the block.

    Raises:
        PermanentError: the provider refused for good, or there is none of that name.
        TransientError: it failed in a way that another attempt may not.
    """
    try:
        yield provider(agent.provider)
    except UnknownProvider as error:
        raise PermanentError(str(error), code="unknown_provider") from error
    except ProviderError as error:
        kind = PermanentError if error.permanent else TransientError
        raise kind(str(error), code="provider_failed") from error
