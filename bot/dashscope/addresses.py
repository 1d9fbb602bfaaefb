"""Addresses that others choose: a video's, a redirect's. Where the service itself is public, they must be public, too.

Otherwise whoever answers as the service could have this machine ask its neighbours: a router, a cloud's metadata.
"""

import ipaddress
import socket
from collections.abc import Callable
from urllib.parse import urlsplit

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver

from bot.dashscope.errors import BlockedAddress

IsPublic = Callable[[str], bool]
"""Tells of an IP address whether the whole internet knows it."""

TRANSLATED = ipaddress.ip_network("64:ff9b::/96")
"""IPv4 addresses as a network without IPv4 sees them."""


def is_public(address: str) -> bool:
    """Tell whether an IP address, and one that lies within it, is one of the internet's; what is no address is none."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    within: list[ipaddress.IPv4Address | None] = []
    if isinstance(found, ipaddress.IPv6Address):
        within = [found.ipv4_mapped, found.sixtofour, *(found.teredo or ())]
        if found in TRANSLATED:
            within.append(ipaddress.IPv4Address(int(found) & 0xFFFFFFFF))
    inner = [each for each in within if each is not None]
    own = found.is_global or (isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is not None)
    return own and not found.is_multicast and all(each.is_global and not each.is_multicast for each in inner)


class PublicResolver(AbstractResolver):
    """Resolves names to public addresses only. A connection goes to what was resolved here, so no name can change it.

    Args:
        is_public: of an IP address.
        resolver: that is asked; the machine's own where there is none.
    """

    def __init__(self, is_public: IsPublic, resolver: AbstractResolver | None = None) -> None:
        self._is_public = is_public
        self._resolver = resolver or ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Resolve a name.

        Raises:
            BlockedAddress: it leads, also, to an address that is not public.
            OSError: it leads nowhere.
        """
        found = await self._resolver.resolve(host, port, family)
        if not all(self._is_public(each["host"]) for each in found):
            raise BlockedAddress(host)
        return found

    def check_literal(self, host: str) -> None:
        """Refuse a host that is no name, which a connector does not ask the resolver about.

        Raises:
            BlockedAddress: it is not public, or is no proper address.
        """
        if (":" in host or host.replace(".", "").isdigit()) and not self._is_public(host):
            raise BlockedAddress(host)

    async def close(self) -> None:
        """Let go of the resolver that is asked."""
        await self._resolver.close()


async def resolver_for(
    base_url: str, is_public: IsPublic, resolver: AbstractResolver | None = None
) -> PublicResolver | None:
    """Return what checks the addresses that the service at `base_url` names; None where it is not public itself."""
    guard = PublicResolver(is_public, resolver)
    host = urlsplit(base_url).hostname or ""
    try:
        guard.check_literal(host)
        await guard.resolve(host, family=socket.AF_UNSPEC)
    except BlockedAddress:
        await guard.close()
        return None
    except OSError:
        pass  # nobody knows where it is just now
    return guard


def session_for(guard: PublicResolver) -> aiohttp.ClientSession:
    """Open a session that goes to public addresses only."""
    return aiohttp.ClientSession(connector=aiohttp.TCPConnector(resolver=guard))
