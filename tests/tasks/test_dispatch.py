"""Messages to the broker: a closed connection is opened anew, a long outage is the sweep's."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import suppress
from threading import Thread

import pytest
from kombu.exceptions import OperationalError

from tasks import dispatch
from tasks.models import TaskState
from tests.engine.outages import address_of
from tests.own_broker import own_broker
from tests.tcp_proxy import TcpProxy
from tests.valkey import broker_at
from tests.workflows import declared  # noqa: F401  (registers its workflows)

pytestmark = pytest.mark.services

TASK = TaskState(workflow="test-seven")
FAN_OUT = TaskState(workflow="test-fan-out")
SENDERS: dict[str, Callable[[], None]] = {
    "a chain": lambda: dispatch.send(TASK, "s1"),
    "batches": lambda: dispatch.send_batches(FAN_OUT, "many", messages=1),
    "an undo": lambda: dispatch.send_undo(TASK.pk),
}
each_sender = pytest.mark.parametrize("send", SENDERS.values(), ids=SENDERS)


class HangingUp:
    """A server that hangs up on everybody, and counts them. Use it as a context manager."""

    def __enter__(self) -> HangingUp:
        self.connections = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *error: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self.connections += 1
                connection.close()


@pytest.fixture(scope="module")
def rabbitmq(servers: dict[str, str]) -> Iterator[str]:
    """A vhost from which nobody takes what is sent."""
    if not servers.get("CELERY_BROKER_URL", "").startswith("amqp"):
        pytest.skip("the client of Redis opens a connection anew by itself")
    with own_broker(servers) as own:
        yield own["CELERY_BROKER_URL"]


@pytest.fixture
def proxy(rabbitmq: str) -> Iterator[TcpProxy]:
    """What stands between this process and RabbitMQ."""
    with TcpProxy(address_of(rabbitmq)) as proxy, broker_at(proxy.in_front_of(rabbitmq)):
        yield proxy


@each_sender
@pytest.mark.parametrize("protocol", ["redis", "amqp"])
def test_a_sender_gives_up_after_three_connections(protocol: str, send: Callable[[], None]) -> None:
    with (
        HangingUp() as server,
        broker_at(f"{protocol}://127.0.0.1:{server.port}/"),
        pytest.raises(OperationalError),
    ):
        send()
    assert server.connections == 3


@each_sender
def test_a_connection_that_the_broker_has_closed_is_opened_anew(
    proxy: TcpProxy, send: Callable[[], None]
) -> None:
    send()
    with proxy.down():
        pass
    send()
