"""The address that a submission wants to be called back at."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError as InvalidValue
from django.core.validators import URLValidator
from rest_framework import serializers

from tasks.api.strict import Text
from tasks.outbound.guard import AddressGuard, BlockedAddress

MAX_LENGTH = 2048

_is_url = URLValidator(
    schemes=("http", "https"),
    message="This is not an http:// or https:// URL. Write one like https://example.com/hook.",
)


class CallbackURL(Text):
    """A URL that webhooks may be sent to: http or https, public, without credentials."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=MAX_LENGTH, **kwargs)

    def to_internal_value(self, data: Any) -> str:
        url = super().to_internal_value(data)
        if len(url) > MAX_LENGTH:
            self.fail("max_length", max_length=MAX_LENGTH)
        try:
            _is_url(url)
            parts = urlsplit(url)
            AddressGuard(settings.AGENTFORGE_CRAWL_ALLOW_PRIVATE).check_url(url)
        except InvalidValue as error:
            raise serializers.ValidationError(error.message, code="invalid") from error
        except BlockedAddress as error:
            raise serializers.ValidationError(str(error), code=error.code) from error
        if "@" in parts.netloc:
            raise serializers.ValidationError(
                "URLs with a user name or password are not accepted. Webhooks are signed instead.",
                code="credentials",
            )
        return url
