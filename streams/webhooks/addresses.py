"""Which addresses a webhook may reach: those of the public network, unless it is allowed others."""

import ipaddress
import socket

from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver

NAT64 = ipaddress.ip_network("64:ff9b::/96")


class ForbiddenAddressError(OSError):
    """A name or an address that leads into a private network."""


def is_public(address: str) -> bool:
    """Tell whether an address is one of the public network, whatever it is wrapped in."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inner = [ip.ipv4_mapped, ip.sixtofour, *(ip.teredo or ())]
        inner += [ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)] if ip in NAT64 else []
        if any(one is not None and not one.is_global for one in inner):
            return False
    return ip.is_global and not ip.is_multicast


def check_host(host: str) -> None:
    """Look at a host that is written as an address. Raises ForbiddenAddressError."""
    try:
        is_allowed = is_public(host)
    except ValueError:
        return  # a name, which the resolver looks at
    if not is_allowed:
        raise ForbiddenAddressError(f"{host} is in a private network")


class PublicResolver(AbstractResolver):
    """Finds the addresses of names as they are connected to, and gives none that is private."""

    def __init__(self, resolver: AbstractResolver | None = None) -> None:
        self._resolver = resolver or ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Give the addresses. Raises ForbiddenAddressError where one is private."""
        found = await self._resolver.resolve(host, port, family)
        for one in found:
            if not is_public(one["host"]):
                raise ForbiddenAddressError(f"{host} leads to {one['host']}, a private network")
        return found

    async def close(self) -> None:
        """End it."""
        await self._resolver.close()
