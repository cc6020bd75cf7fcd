"""Which addresses a tool may connect to: only those its file names, and internal ones only if named."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Sequence

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_WITH_IPV4 = [ipaddress.IPv6Network("64:ff9b::/96"), ipaddress.IPv6Network("::/96")]
"""Networks whose addresses end in an IPv4 address: NAT64 (RFC 6052), and the old form (RFC 4291)."""

_NEVER_PUBLIC = [ipaddress.IPv6Network("64:ff9b:1::/48"), ipaddress.IPv6Network("fec0::/10")]
"""NAT64 within a network (RFC 8215), and site-local addresses (RFC 3879): Python's own list lacks both."""

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class NotAllowed(Exception):
    """The host leads to an address that may not be connected to. The text is for the log."""


def literal(host: str) -> Address | None:
    """Return the address if the host is written as one; else None."""
    try:
        return ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return None


def is_ours(address: Address) -> bool:
    """Whether it is private, link-local, this machine, or otherwise not on the public internet."""
    if isinstance(address, ipaddress.IPv6Address) and (inner := address.ipv4_mapped or address.sixtofour):
        return is_ours(inner)
    if any(address in network for network in _WITH_IPV4) and is_ours(_last_four_bytes(address)):
        return True
    return not address.is_global or address.is_multicast or any(address in one for one in _NEVER_PUBLIC)


def _last_four_bytes(address: Address) -> ipaddress.IPv4Address:
    return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)


async def allowed_address(host: str, port: int, networks: Sequence[Network]) -> str:
    """Look up the host, and return the address to connect to: a second lookup could give another one.

    A host written as an address, or as localhost, counts as named. Any other host may lead to a private
    address only if `networks` has it. Raises: NotAllowed, OSError (it cannot be looked up).
    """
    if (written := literal(host)) is not None:
        return str(written)
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = [ipaddress.ip_address(str(info[4][0]).partition("%")[0]) for info in found]
    for address in addresses:
        named = any(address in network for network in networks)
        if is_ours(address) and not named and not (host == "localhost" and address.is_loopback):
            raise NotAllowed("the host leads to a private address that its file does not name")
    return str(addresses[0])
