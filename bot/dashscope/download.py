"""Copies a video from the service's storage to a file."""

import asyncio
import secrets
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import aiohttp
from yarl import URL

from bot.dashscope.addresses import PublicResolver
from bot.dashscope.causes import cause_in_words
from bot.dashscope.errors import ServiceError, VideoGone, VideoTooLarge

CHUNK = 256 * 1024
REDIRECTS = 5
LONGEST = 600.0
"""Seconds for a whole video: 60 s of it are a few megabytes, so that even a thin line is done by then."""


async def download(
    session: aiohttp.ClientSession,
    url: str,
    target: Path,
    max_bytes: int,
    *,
    longest_silence: float = 30.0,
    guard: PublicResolver | None = None,
) -> None:
    """Copy the video at `url` to `target`, which appears only when it is whole. Sends no key of ours.

    Args:
        session: whose connections are used.
        url: http or https.
        target: the file to make; its folder exists.
        max_bytes: the most that is taken.
        longest_silence: seconds of silence after which the host counts as gone.
        guard: what the session resolves with, where it may go to public addresses only.

    Raises:
        BlockedAddress: the video, or where its host sends us, is at another address.
        VideoGone: the link is dead, or leads nowhere.
        VideoTooLarge: more than `max_bytes`.
        ServiceError: the host is in trouble or cannot be reached; try again.
    """
    part = target.with_name(f".{target.name}.{secrets.token_hex(4)}.part")
    limits = aiohttp.ClientTimeout(total=LONGEST, sock_connect=longest_silence, sock_read=longest_silence)
    try:
        await _copy(session, url, part, max_bytes, limits, guard)
        await asyncio.to_thread(part.replace, target)
    except (aiohttp.ClientError, TimeoutError, ConnectionError) as error:
        raise ServiceError(f"The video's host broke off: {cause_in_words(error)}.") from None
    finally:
        await asyncio.to_thread(part.unlink, missing_ok=True)


async def _copy(
    session: aiohttp.ClientSession,
    url: str,
    part: Path,
    max_bytes: int,
    limits: aiohttp.ClientTimeout,
    guard: PublicResolver | None,
) -> None:
    for _ in range(REDIRECTS + 1):
        address = _address(url)
        if guard is not None:
            guard.check_literal(address.host or "")
        async with session.get(address, allow_redirects=False, timeout=limits) as response:
            if response.status in (301, 302, 303, 307, 308):
                url = urljoin(url, response.headers.get("Location", ""))
                continue
            _check(response, max_bytes)
            await _write(response, part, max_bytes)
            return
    raise VideoGone("The video's link leads in circles.")


def _address(url: str) -> URL:
    parts = urlsplit(url)
    if parts.scheme.lower() not in ("http", "https") or not parts.hostname:
        raise VideoGone("The video's link is not one of http or https.")
    # A signed link must go out letter by letter: quoting it anew would break its signature.
    return URL(url, encoded=url.isascii() and url.isprintable() and " " not in url)


def _check(response: aiohttp.ClientResponse, max_bytes: int) -> None:
    status = response.status
    if status in (408, 425, 429) or status >= 500:
        raise ServiceError("The video's host is in trouble.", throttled=status == 429, status=status)
    if status != 200:
        raise VideoGone("The video's link is dead.", status=status)
    if response.content_length is not None and response.content_length > max_bytes:
        raise VideoTooLarge(f"The video has {response.content_length} bytes; {max_bytes} are allowed.")


async def _write(response: aiohttp.ClientResponse, part: Path, max_bytes: int) -> None:
    taken = 0
    with part.open("wb") as file:  # not in a thread: a stop right then would leave it open
        async for chunk in response.content.iter_chunked(CHUNK):
            taken += len(chunk)
            if taken > max_bytes:
                raise VideoTooLarge(f"The video has more than {max_bytes} bytes.")
            await asyncio.to_thread(file.write, chunk)
