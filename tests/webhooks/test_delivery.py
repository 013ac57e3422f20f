"""What becomes of a webhook, depending on what its receiver does."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler
from threading import Event
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from agentforge.environment import new_webhook_secret, webhook_secret
from agentforge.guide_pages import DOCS
from tasks import dispatch, lifecycle
from tasks.models import TaskState, WebhookAttempt, WebhookDelivery
from tasks.states import DeliveryState
from tasks.webhooks import courier, outbox, sending
from tasks.webhooks.attempts import Outcome
from tests.tasks.engine import reloaded, seconds_from_now, submitted
from tests.webhooks.receiver import Receiver, dribbling, until, with_endless_body, with_status

pytestmark = [pytest.mark.django_db, pytest.mark.services]


@pytest.fixture
def delivery(task: TaskState, owner: User) -> WebhookDelivery:
    """What is to be told of a cancelled task."""
    lifecycle.cancel(task.pk, by=owner)
    return WebhookDelivery.objects.get()


@pytest.fixture
def silence() -> Iterator[Event]:
    """For a receiver that hangs until the test is over."""
    release = Event()
    yield release
    release.set()


@pytest.fixture
def short_timeout(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "TIMEOUT", 0.3)


def make_due(delivery: WebhookDelivery) -> None:
    """Let the backoff pass."""
    WebhookDelivery.objects.filter(pk=delivery.pk).update(next_attempt_at=timezone.now())


def age(delivery: WebhookDelivery, **passed: float) -> None:
    """Let the time pass since the delivery was made."""
    queued_at = timezone.now() - timedelta(**passed)
    WebhookDelivery.objects.filter(pk=delivery.pk).update(queued_at=queued_at)


def attempted(delivery: WebhookDelivery) -> WebhookAttempt:
    """Deliver what is due, and return the last attempt at it."""
    assert courier.deliver() == 1
    delivery.refresh_from_db()
    last = delivery.attempts.last()
    assert last
    return last


def documented_check() -> Callable[[str, dict[str, str], bytes], bool]:
    """The function that the guide gives to receivers."""
    (code,) = re.findall(r"```python\n(.*?)```", (DOCS / "webhooks.md").read_text(), re.DOTALL)
    names: dict[str, Any] = {}
    exec(code, names)  # noqa: S102 (it is our own documentation)
    return names["is_genuine"]


def test_a_webhook_arrives_as_it_is_documented(
    delivery: WebhookDelivery, receiver: Receiver, settings: Any
) -> None:
    attempt = attempted(delivery)
    webhook = receiver.webhooks.get(timeout=5)
    assert webhook.path == "/hook?app=1"
    assert webhook.body.decode() == delivery.body
    assert webhook.headers["content-type"] == "application/json"
    assert webhook.headers["webhook-id"] == str(delivery.pk)
    is_genuine, secret = documented_check(), settings.AGENTFORGE_WEBHOOK_SECRET
    assert is_genuine(secret, webhook.headers, webhook.body)
    assert not is_genuine(secret, webhook.headers, webhook.body + b" ")
    assert not is_genuine(secret, webhook.headers | {"webhook-timestamp": "1"}, webhook.body)
    assert (attempt.number, attempt.status, attempt.error) == (1, 204, "")
    assert (delivery.state, delivery.next_attempt_at) == (DeliveryState.DELIVERED, None)
    assert courier.deliver() == 0


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (500, "The receiver answered 500 Internal Server Error."),
        (404, "The receiver answered 404 Not Found."),
        (599, "The receiver answered 599."),
    ],
)
def test_any_other_status_is_a_failure_and_tried_again(
    delivery: WebhookDelivery, receiver: Receiver, status: int, error: str
) -> None:
    receiver.answer = with_status(status)
    attempt = attempted(delivery)
    assert (attempt.status, attempt.error) == (status, error)
    assert delivery.state == DeliveryState.PENDING
    assert courier.deliver() == 0
    receiver.answer = with_status(200)
    make_due(delivery)
    assert attempted(delivery).number == 2
    assert delivery.state == DeliveryState.DELIVERED
    first, second = (receiver.webhooks.get(timeout=5) for _ in range(2))
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert first.body == second.body


def test_a_redirect_is_not_followed(delivery: WebhookDelivery, receiver: Receiver) -> None:
    receiver.answer = with_status(307, Location=receiver.url)
    attempt = attempted(delivery)
    assert attempt.status == 307
    assert "give the final address as callback_url" in attempt.error
    assert receiver.webhooks.qsize() == 1


def test_a_receiver_that_hangs_is_a_failure(
    delivery: WebhookDelivery, receiver: Receiver, silence: Event, short_timeout: None
) -> None:
    receiver.answer = until(silence)
    attempt = attempted(delivery)
    assert (attempt.status, attempt.error) == (None, "127.0.0.1 did not answer in time.")
    assert 300 <= attempt.duration_ms < 5000


def test_receivers_that_hang_do_not_hold_up_the_others(
    owner: User,
    delivery: WebhookDelivery,
    silence: Event,
    receiver: Receiver,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sending, "TIMEOUT", 2)
    with Receiver() as hanging:
        hanging.answer = until(silence)
        for _ in range(6):
            lifecycle.cancel(submitted(owner, callback_url=hanging.url).pk, by=owner)
        begun = time.monotonic()
        assert courier.deliver() == 7
        assert time.monotonic() - begun < 6 * 2
    delivery.refresh_from_db()
    assert delivery.state == DeliveryState.DELIVERED
    assert WebhookDelivery.objects.filter(state=DeliveryState.PENDING).count() == 6


def test_an_answer_without_end_is_not_read(delivery: WebhookDelivery, receiver: Receiver) -> None:
    receiver.answer = with_endless_body
    assert attempted(delivery).status == 200
    assert delivery.state == DeliveryState.DELIVERED


def test_a_receiver_that_speaks_no_http_is_a_failure(
    delivery: WebhookDelivery, receiver: Receiver
) -> None:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"220 mail.example.com ESMTP\r\n")

    receiver.answer = answer
    assert attempted(delivery).error == "127.0.0.1 sent no valid HTTP answer."


def test_nobody_there_is_a_failure(task: TaskState, owner: User) -> None:
    with Receiver() as gone:
        pass
    lifecycle.cancel(submitted(owner, callback_url=gone.url).pk, by=owner)
    delivery = WebhookDelivery.objects.get()
    assert attempted(delivery).error == "127.0.0.1 refused the connection."


def test_a_private_address_is_never_connected_to(
    delivery: WebhookDelivery, receiver: Receiver, settings: Any
) -> None:
    settings.AGENTFORGE_CRAWL_ALLOW_PRIVATE = []
    attempt = attempted(delivery)
    assert attempt.status is None
    assert attempt.error.startswith("127.0.0.1 is a private address.")
    assert receiver.webhooks.empty()


def test_a_receiver_that_is_gone_for_good_is_given_up(
    delivery: WebhookDelivery, receiver: Receiver
) -> None:
    receiver.answer = with_status(410)
    attempted(delivery)
    assert (delivery.state, delivery.next_attempt_at) == (DeliveryState.GIVEN_UP, None)


def test_the_waits_grow_as_long_as_it_fails(delivery: WebhookDelivery, receiver: Receiver) -> None:
    receiver.answer = with_status(500)
    for seconds, longest in [(0, 10), (60, 60), (3600, 3600), (60_000, 14_400)]:
        age(delivery, seconds=seconds)
        make_due(delivery)
        attempted(delivery)
        wait = seconds_from_now(delivery.next_attempt_at)
        assert longest / 2 - 2 < wait < longest + 2


@pytest.mark.parametrize(
    ("status", "header", "longest"),
    [(429, "90", 90), (503, "90", 90), (429, "9" * 400, 14_400), (429, "soon", 10)],
)
def test_a_receiver_that_asks_for_time_is_given_it(
    delivery: WebhookDelivery, receiver: Receiver, status: int, header: str, longest: int
) -> None:
    receiver.answer = with_status(status, **{"Retry-After": header})
    attempted(delivery)
    wait = seconds_from_now(delivery.next_attempt_at)
    assert longest / 2 - 2 < wait <= longest
    assert wait > longest - 5 or longest == 10


def test_while_a_secret_is_changed_both_of_them_verify(
    delivery: WebhookDelivery, receiver: Receiver, settings: Any
) -> None:
    new, old = new_webhook_secret(), settings.AGENTFORGE_WEBHOOK_SECRET
    settings.AGENTFORGE_WEBHOOK_SECRET = webhook_secret(f"{new} {old}", settings.DATA_DIR)
    attempted(delivery)
    webhook = receiver.webhooks.get(timeout=5)
    is_genuine = documented_check()
    assert is_genuine(new, webhook.headers, webhook.body)
    assert is_genuine(old, webhook.headers, webhook.body)
    assert not is_genuine(new_webhook_secret(), webhook.headers, webhook.body)


def test_after_a_day_it_is_given_up(delivery: WebhookDelivery, receiver: Receiver) -> None:
    receiver.answer = with_status(500)
    age(delivery, hours=23)
    attempted(delivery)
    assert delivery.state == DeliveryState.GIVEN_UP
    assert courier.deliver() == 0


def test_many_that_failed_together_are_not_tried_again_together() -> None:
    waits = [outbox._backoff(timedelta(hours=1)).total_seconds() for _ in range(50)]
    assert 1800 <= min(waits) < max(waits) <= 3600
    assert max(waits) - min(waits) > 60


def test_a_receiver_that_dribbles_its_answer_is_a_failure(
    delivery: WebhookDelivery, receiver: Receiver, silence: Event, short_timeout: None
) -> None:
    receiver.answer = dribbling(silence)
    attempt = attempted(delivery)
    assert (attempt.status, attempt.error) == (None, "127.0.0.1 did not answer in time.")
    assert attempt.duration_ms < 5000


def test_one_that_cannot_be_sent_does_not_hold_up_the_others(
    delivery: WebhookDelivery, owner: User, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    post = sending._post

    async def break_down(client: Any, attempt: Any, *more: Any) -> Any:
        if attempt.delivery_id == delivery.pk:
            raise ZeroDivisionError
        return await post(client, attempt, *more)

    monkeypatch.setattr(sending, "_post", break_down)
    lifecycle.cancel(submitted(owner, callback_url=receiver.url).pk, by=owner)
    assert courier.deliver() == 2
    states = {each.pk == delivery.pk: each.state for each in WebhookDelivery.objects.all()}
    assert states == {True: DeliveryState.PENDING, False: DeliveryState.DELIVERED}
    assert "The worker's log says why." in WebhookAttempt.objects.get(delivery=delivery).error


def test_what_did_not_fit_into_a_batch_is_not_left_to_the_next_tick(
    delivery: WebhookDelivery, owner: User, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    called: list[str] = []
    monkeypatch.setattr(outbox, "BATCH", 1)
    monkeypatch.setattr(dispatch, "soon", lambda what, _: called.append(what))
    lifecycle.cancel(submitted(owner, callback_url=receiver.url).pk, by=owner)
    assert courier.deliver() == 1
    assert called == ["The message to the courier"]
    assert courier.deliver() == 1


def test_nothing_of_it_touches_the_task(delivery: WebhookDelivery, receiver: Receiver) -> None:
    before = TaskState.objects.filter(pk=delivery.task_id).values().get()
    receiver.answer = with_status(500)
    attempted(delivery)
    assert TaskState.objects.filter(pk=delivery.task_id).values().get() == before


def test_a_courier_that_died_is_followed_by_another(delivery: WebhookDelivery) -> None:
    outbox.claim_due()
    assert courier.deliver() == 0
    WebhookDelivery.objects.update(claimed_until=timezone.now())
    assert attempted(delivery).number == 2
    assert delivery.state == DeliveryState.DELIVERED


def test_two_couriers_do_not_take_the_same(delivery: WebhookDelivery) -> None:
    stale = WebhookDelivery.objects.get()
    (first,) = outbox.claim_due()
    assert first.number == 1
    assert outbox._claim(stale, timezone.now()) is None


def test_a_straggler_is_logged_and_decides_nothing(delivery: WebhookDelivery) -> None:
    (late,) = outbox.claim_due()
    WebhookDelivery.objects.update(claimed_until=timezone.now())
    attempted(delivery)
    outbox.settle(late, Outcome(timezone.now(), 500, "The receiver answered 500.", 9))
    delivery.refresh_from_db()
    assert (delivery.state, delivery.next_attempt_at) == (DeliveryState.DELIVERED, None)
    assert [attempt.number for attempt in delivery.attempts.all()] == [1, 2]


def test_a_delivery_that_was_removed_meanwhile_is_let_go(delivery: WebhookDelivery) -> None:
    (attempt,) = outbox.claim_due()
    delivery.delete()
    outbox.settle(attempt, Outcome(timezone.now(), 204, "", 9))
    assert not WebhookAttempt.objects.exists()


def test_a_replay_sends_the_same_again(
    delivery: WebhookDelivery, receiver: Receiver, owner: User
) -> None:
    attempted(delivery)
    lifecycle.retry(delivery.task_id, by=owner)
    replayed = outbox.replay(delivery, by="somebody")
    assert (replayed.state, replayed.finished_at) == (DeliveryState.PENDING, None)
    assert attempted(delivery).number == 2
    first, second = (receiver.webhooks.get(timeout=5) for _ in range(2))
    assert first.body == second.body
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert reloaded(delivery.task).run == 2


def test_a_replay_of_what_was_given_up_has_another_day(
    delivery: WebhookDelivery, receiver: Receiver
) -> None:
    receiver.answer = with_status(500)
    age(delivery, days=2)
    attempted(delivery)
    outbox.replay(delivery, by="somebody")
    attempted(delivery)
    assert delivery.state == DeliveryState.PENDING
    assert seconds_from_now(delivery.next_attempt_at) < 11
