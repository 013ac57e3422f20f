"""Encrypts what must not be readable in the database: connections, variables, configurations.

The keys are those of `AGENTFORGE_PROJECT_KEY`. The first one encrypts, all of them decrypt, so that
a key can be changed without a gap.
"""

from __future__ import annotations

from collections.abc import Callable

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings

from tasks.errors import PermanentError


class WrongKey(PermanentError):
    """A secret of the project was encrypted with a key that this machine does not have. Set
    AGENTFORGE_PROJECT_KEY to the same on every machine, or enter the project's secrets again."""

    default_code = "wrong_key"


def seal(text: str) -> str:
    """`text`, encrypted and signed with the first key. The empty text stays empty."""
    return _keys().encrypt(text.encode()).decode() if text else ""


def unseal(sealed: str) -> str:
    """What was sealed.

    Raises:
        WrongKey: with another key, or it was changed since.
    """
    return _decrypted(lambda keys: keys.decrypt(sealed.encode())) if sealed else ""


def reseal(sealed: str) -> str:
    """The same secret, sealed with the first key.

    Raises:
        WrongKey: none of the keys fits.
    """
    return _decrypted(lambda keys: keys.rotate(sealed.encode())) if sealed else ""


def _keys() -> MultiFernet:
    return MultiFernet([Fernet(key) for key in settings.AGENTFORGE_PROJECT_KEY.split()])


def _decrypted(decrypt: Callable[[MultiFernet], bytes]) -> str:
    try:
        return decrypt(_keys()).decode()
    except InvalidToken as error:
        raise WrongKey from error
