"""Signatures, as others make and check them."""

from __future__ import annotations

from django.conf import settings

from agentforge.environment import new_webhook_secret, webhook_secret
from tasks.webhooks.signing import signed_headers


def test_the_signature_is_that_of_the_published_example() -> None:
    # https://github.com/standard-webhooks/standard-webhooks, the example of its libraries' tests.
    headers = signed_headers(
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        1614265330,
        b'{"test": 2432232314}',
    )
    assert headers == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


def test_the_secret_is_made_once_and_kept_in_the_data_directory() -> None:
    kept = (settings.DATA_DIR / "webhook_secret").read_text()
    assert kept == settings.AGENTFORGE_WEBHOOK_SECRET
    assert webhook_secret("", settings.DATA_DIR) == kept
    assert new_webhook_secret() != kept
