"""The address guard: which hosts may be connected to. It keeps requests out of private networks.

It is used wherever somebody else names a URL: pages, redirects, webhooks, outside providers.
"""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from urllib.parse import urlsplit

import ada_url

from tasks.outbound.ports import BLOCKED_PORTS

Address = IPv4Address | IPv6Address

_LOCAL_NAMES = frozenset({"localhost", "localhost.localdomain", "ip6-localhost", "ip6-loopback"})
_LOOPBACK = (IPv4Address("127.0.0.1"), IPv6Address("::1"))
_NAT64 = IPv6Network("64:ff9b::/96")
_PROTOCOL_ASSIGNMENTS = IPv4Network("192.0.0.0/24")
_IPV4_COMPATIBLE = IPv6Network("::/96")


class BlockedAddress(Exception):
    """A host or an address that must not be connected to. The message is for a person."""

    code = "private_address"


class BlockedPort(BlockedAddress):
    """A port that must not be connected to."""

    code = "blocked_port"


class AddressGuard:
    """Allows public addresses, and the private ones that it was told of.

    Args:
        allow: host names, addresses or networks (`10.0.0.0/8`) that are allowed nevertheless.
    """

    def __init__(self, allow: Iterable[str] = ()) -> None:
        self._names: set[str] = set()
        self._networks: list[IPv4Network | IPv6Network] = []
        for entry in allow:
            try:
                self._networks.append(ip_network(entry.strip("[]"), strict=False))
            except ValueError:
                self._names.add(_bare(entry))

    def check_host(self, host: str) -> None:
        """Refuse a host that is a private address in any spelling, or a name of this machine.

        Other names are checked when they are resolved: what they mean may change until then.

        Raises:
            BlockedAddress: it must not be connected to.
        """
        if self.trusts_name(host):
            return
        name = _bare(host)
        if name in _LOCAL_NAMES or name.endswith(".localhost"):
            if not any(self._permits(address) for address in _LOOPBACK):
                raise _blocked(host)
            return
        literal = _literal_address(name)
        if literal is not None and not self._permits(literal):
            raise _blocked(host)

    def check_url(self, url: str) -> None:
        """Refuse an http or https URL whose host is private, or whose port is for other services.

        Raises:
            BlockedAddress: it must not be connected to.
        """
        parts = urlsplit(url)
        self.check_host(parts.hostname or "")
        try:
            port = parts.port
        except ValueError as error:
            raise BlockedPort("The URL's port must be a number from 1 to 65535.") from error
        self.check_port(port)

    def check_port(self, port: int | None) -> None:
        """Refuse a port that is for other services than the web; None is the scheme's own.

        Raises:
            BlockedPort: it must not be connected to.
        """
        if port in BLOCKED_PORTS:
            raise BlockedPort(
                f"Port {port} is not one of the web, so no browser connects to it, and "
                "nor does AgentForge. Use a URL of a web server."
            )

    def trusts_name(self, host: str) -> bool:
        """Whether the host is allowed by its name, whatever its addresses are."""
        return _bare(host) in self._names

    def permits(self, host: str, address: str) -> bool:
        """Whether `address`, to which `host` was resolved, may be connected to."""
        return self.trusts_name(host) or self._permits(ip_address(address))

    def _permits(self, address: Address) -> bool:
        effective = _carried_ipv4(address) or address
        if any(address in network or effective in network for network in self._networks):
            return True
        return _is_public(effective)


def _blocked(host: str) -> BlockedAddress:
    return BlockedAddress(
        f"{host} is a private address. Only public hosts may be used, unless an administrator "
        "lists it in AGENTFORGE_CRAWL_ALLOW_PRIVATE."
    )


def _bare(host: str) -> str:
    return host.strip().rstrip(".").lower()


def _literal_address(host: str) -> Address | None:
    """The address that a URL's host is, as browsers read it: 0x7f.1 and 2130706433 are 127.0.0.1.

    Raises:
        BlockedAddress: it can be no host at all.
    """
    if ":" in host:
        return _ipv6(host)
    try:
        url = ada_url.URL(f"http://{host}/")
    except ValueError as error:
        raise BlockedAddress(f"{host} is not a valid host name.") from error
    if url.host_type == ada_url.HostType.DEFAULT:
        return None
    return ip_address(url.hostname)


def _ipv6(host: str) -> IPv6Address:
    try:
        return IPv6Address(host.strip("[]"))
    except ValueError as error:
        raise BlockedAddress(f"{host} is not a valid IPv6 address.") from error


def _carried_ipv4(address: Address) -> IPv4Address | None:
    """The IPv4 address inside an IPv6 one: mapped, compatible, NAT64 or 6to4."""
    if isinstance(address, IPv4Address):
        return None
    if address.ipv4_mapped:
        return address.ipv4_mapped
    if address.sixtofour:
        return address.sixtofour
    if address in _NAT64 or (address in _IPV4_COMPATIBLE and int(address) > 1):
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    return None


def _is_public(address: Address) -> bool:
    # Python calls multicast global, and some blocks that are not.
    if address.is_multicast or address.is_reserved or address in _PROTOCOL_ASSIGNMENTS:
        return False
    return address.is_global and not getattr(address, "is_site_local", False)
