"""Who may come in: networks by CIDR, a token, a proxy that vouches. Pure."""

from collections.abc import Mapping
from hmac import compare_digest
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any, Final, NamedTuple

Address = IPv4Address | IPv6Address

LOOPBACK: Final = frozenset({"localhost", "ip6-localhost"})


class Networks(NamedTuple):
    """Networks that are let in; none named is everybody."""

    named: tuple[IPv4Network | IPv6Network, ...] = ()

    def has(self, address: Address | None) -> bool:
        """Tell whether an address is let in."""
        if not self.named:
            return True
        return address is not None and any(
            address.version == network.version and address in network for network in self.named
        )


def networks_of(text: str) -> Networks:
    """
    Return the networks of a list with commas, each ``ADDRESS/BITS`` or one address.

    Raises:
        ValueError: one of them is none.
    """
    return Networks(tuple(ip_network(part.strip(), strict=False) for part in text.split(",") if part.strip()))


def peer_address(peername: Any) -> Address | None:
    """Return the address of a socket's other end; an IPv4 address in IPv6's clothes is an IPv4 one."""
    try:
        address = ip_address(str(peername[0]).partition("%")[0])
    except (ValueError, TypeError, IndexError):
        return None
    return address.ipv4_mapped or address if isinstance(address, IPv6Address) else address


def is_loopback(host: str) -> bool:
    """Tell whether nobody but this machine reaches a host to listen on."""
    if host in LOOPBACK:
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


class Guard(NamedTuple):
    """Who may send over HTTP: a bearer of the token, or whoever a trusted proxy vouches for in a header."""

    token: str | None = None
    proxy_header: str | None = None
    proxies: Networks = Networks()

    @property
    def asks(self) -> bool:
        """Whether anything is asked for at all."""
        return self.token is not None or self.proxy_header is not None

    def lets_in(self, headers: Mapping[str, str], address: Address | None) -> bool:
        """Tell whether a request is let in."""
        if not self.asks:
            return True
        if self.token is not None:
            kind, _, given = headers.get("Authorization", "").partition(" ")
            if kind.lower() == "bearer" and compare_digest(given.strip().encode(), self.token.encode()):
                return True
        if self.proxy_header is None or not self.proxies.named or not self.proxies.has(address):
            return False
        return bool(headers.get(self.proxy_header, "").strip())
