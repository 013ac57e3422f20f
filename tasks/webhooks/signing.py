"""Signatures by which a receiver knows that a webhook comes from here.

See Standard Webhooks, https://www.standardwebhooks.com/.
"""

from __future__ import annotations

import base64
import hashlib
import hmac

PREFIX = "whsec_"


def signed_headers(secret: str, message_id: str, timestamp: int, body: bytes) -> dict[str, str]:
    """The three headers of a signed webhook.

    Args:
        secret: `whsec_` and the key in base64; while it is changed, the new one and the old one
            with a space between them, and then both sign.
        message_id: the same for each attempt, so that a receiver can tell repetitions.
        timestamp: Unix seconds of this attempt, so that a receiver can refuse old recordings.
    """
    signed = b".".join((message_id.encode(), str(timestamp).encode(), body))
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(_signature(each, signed) for each in secret.split()),
    }


def _signature(secret: str, signed: bytes) -> str:
    key = base64.b64decode(secret.removeprefix(PREFIX))
    return f"v1,{base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()}"
