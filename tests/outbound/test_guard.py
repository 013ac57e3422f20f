"""The address guard."""

import httpx
import pytest

from tasks.outbound.guard import AddressGuard, BlockedAddress, BlockedPort
from tasks.outbound.transport import GuardedResolver, GuardedTransport

PRIVATE = [
    "127.0.0.1",
    "127.1",
    "0x7f.1",
    "2130706433",
    "017700000001",
    "10.0.0.1",
    "172.16.0.1",
    "192.168.1.1",
    "100.64.0.1",
    "169.254.169.254",
    "0.0.0.0",
    "224.0.0.1",
    "255.255.255.255",
    "192.0.0.8",
    "[::1]",
    "::1",
    "[::]",
    "[fe80::1]",
    "[fec0::2]",
    "fe80::1%eth0",
    "[fc00::1]",
    "[ff02::1]",
    "[::ffff:127.0.0.1]",
    "[::ffff:a9fe:a9fe]",
    "[::127.0.0.1]",
    "[64:ff9b::7f00:1]",
    "[2002:7f00:1::]",
    "[64:ff9b:1::7f00:1]",
    "[::ffff:0:7f00:1]",
    "[2001:0:53aa:64c:0:fbff:80ff:fffe]",
    "１２７.0.0.1",
    "127。0。0。1",
    "①⑥⑨.254.169.254",
    "0177.0.0.0x1",
    "%31%32%37.0.0.1",
    "localhost",
    "LOCALHOST.",
    "app.localhost",
]


@pytest.mark.parametrize("host", PRIVATE)
def test_a_private_host_is_refused_in_every_spelling(host: str) -> None:
    with pytest.raises(BlockedAddress, match=r"private address.*AGENTFORGE_CRAWL_ALLOW_PRIVATE"):
        AddressGuard().check_host(host)


@pytest.mark.parametrize(
    "host",
    ["8.8.8.8", "[2606:4700::1111]", "[::ffff:8.8.8.8]", "[64:ff9b::808:808]", "example.com"],
)
def test_a_public_host_is_accepted(host: str) -> None:
    AddressGuard().check_host(host)


@pytest.mark.parametrize("host", ["[:::1]", "1.2.3.4.5", "a b"])
def test_what_can_be_no_host_is_refused(host: str) -> None:
    with pytest.raises(BlockedAddress, match="not a valid"):
        AddressGuard().check_host(host)


@pytest.mark.parametrize(
    ("allowed", "host"),
    [
        ("127.0.0.1", "127.0.0.1"),
        ("127.0.0.1", "localhost"),
        ("127.0.0.1", "[::ffff:127.0.0.1]"),
        ("10.0.0.0/8", "10.1.2.3"),
        ("::1", "[::1]"),
        ("intranet.example", "Intranet.Example."),
    ],
)
def test_a_private_host_that_was_allowed_is_accepted(allowed: str, host: str) -> None:
    AddressGuard([allowed]).check_host(host)


@pytest.mark.parametrize("port", [22, 25, 6000, 6667])
def test_a_port_of_another_service_is_refused_even_at_an_allowed_host(port: int) -> None:
    with pytest.raises(BlockedPort, match=f"Port {port} is not one of the web"):
        AddressGuard(["127.0.0.1"]).check_url(f"http://127.0.0.1:{port}/")


@pytest.mark.parametrize(
    "url", ["http://example.com/", "https://example.com:8443/", "http://8.8.8.8:8080/"]
)
def test_a_url_of_a_public_web_server_is_accepted(url: str) -> None:
    AddressGuard().check_url(url)


@pytest.mark.parametrize("host", PRIVATE)
def test_a_url_of_a_private_host_is_refused_in_every_spelling(host: str) -> None:
    bracketed = f"[{host}]" if ":" in host and not host.startswith("[") else host
    with pytest.raises(BlockedAddress):
        AddressGuard().check_url(f"http://{bracketed}:8080/")


def test_allowing_one_address_allows_no_other() -> None:
    with pytest.raises(BlockedAddress):
        AddressGuard(["127.0.0.1"]).check_host("127.0.0.2")


def test_an_allowed_name_may_have_any_address_and_others_may_not() -> None:
    guard = AddressGuard(["intranet.example"])
    assert guard.permits("intranet.example", "10.0.0.1")
    assert not guard.permits("other.example", "10.0.0.1")
    assert not guard.permits("other.example", "fe80::1%eth0")


async def addresses(guard: AddressGuard, host: str) -> set[str]:
    """What a name resolves to under the guard."""
    resolver = GuardedResolver(guard)
    try:
        return {entry["host"] for entry in await resolver.resolve(host, 80)}
    finally:
        await resolver.close()


async def test_a_name_that_means_a_private_address_is_refused_when_it_is_resolved() -> None:
    with pytest.raises(BlockedAddress, match="localhost is a name of a private address"):
        await addresses(AddressGuard(), "localhost")


async def test_only_permitted_addresses_of_a_name_are_connected_to() -> None:
    assert await addresses(AddressGuard(["127.0.0.1"]), "localhost") == {"127.0.0.1"}


async def test_a_name_that_is_no_name_does_not_resolve() -> None:
    with pytest.raises(OSError, match="not known"):
        await addresses(AddressGuard(), "a..b")


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "0x7f.1"])
async def test_the_transport_connects_to_no_private_host(host: str) -> None:
    async with httpx.AsyncClient(transport=GuardedTransport(AddressGuard())) as client:
        with pytest.raises(BlockedAddress):
            await client.get(f"http://{host}:8080/")


async def test_the_transport_connects_to_no_port_of_another_service() -> None:
    guard = AddressGuard(["127.0.0.1"])
    async with httpx.AsyncClient(transport=GuardedTransport(guard)) as client:
        with pytest.raises(BlockedPort):
            await client.get("http://127.0.0.1:25/")
