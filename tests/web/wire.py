"""What an attacker writes to the socket, byte by byte, and what comes back."""

import asyncio
import re
from contextlib import suppress

from storage.links import Link
from tests.web.conftest import CONTENT, World

MEDIA = [CONTENT[at : at + 16] for at in range(0, 256, 16)]
"""Any of these in an answer is a leak."""


def target_of(world: World, link: Link) -> str:
    """The path and query of a link, as they stand in a request."""
    return str(world.local(link).relative())


def request(target: str, *headers: str, method: str = "GET", last: bool = False) -> bytes:
    """One request, well formed but for what is asked of it."""
    lines = [f"{method} {target} HTTP/1.1", "Host: bot", *headers, *(["Connection: close"] if last else [])]
    return "\r\n".join([*lines, "", ""]).encode("utf-8", "surrogateescape")


async def send(port: int, data: bytes, seconds: float = 10) -> bytes:
    """Send bytes, and read until the server has closed, or answered no more for `seconds`."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    answer = bytearray()
    try:
        with suppress(TimeoutError, ConnectionError):
            async with asyncio.timeout(seconds):
                writer.write(data)
                await writer.drain()
                while more := await reader.read(65536):
                    answer += more
    finally:
        writer.transport.abort()
    return bytes(answer)


def statuses(answer: bytes) -> list[int]:
    """The status of each answer on a connection."""
    return [int(status) for status in re.findall(rb"HTTP/1\.[01] (\d{3}) ", answer)]


def has_media(answer: bytes) -> bool:
    """Whether so much as a line of the file is in it."""
    return any(piece in answer for piece in MEDIA)
