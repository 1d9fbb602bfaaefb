"""Getting the files of people from Telegram."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from weakref import WeakKeyDictionary

import stamina
import structlog
from telegram import Bot, File
from telegram.error import BadRequest, NetworkError, TelegramError

from bot.media.errors import MediaError, Reason
from handlers.transport.attachments import Attachment
from handlers.transport.sending import is_nonsense

DOWNLOAD_LIMIT = 20 * 1024 * 1024
"""Bytes that Telegram hands to a bot."""

AT_ONCE = 16
"""Files that are fetched and used at a time: each is whole in memory while it comes, and may have 20 MB.

Of a crowd's files the first ones are done soon then; side by side, all would be done when the last one is.
"""

log = structlog.get_logger(__name__)

_turns: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore] = WeakKeyDictionary()


class WrongSize(Exception):
    """What came is not as long as the file: something stood between, or broke off."""


class Unreachable(Exception):
    """Telegram did not hand the file over, although it was asked several times."""


@asynccontextmanager
async def fetched(attachment: Attachment, path: Path) -> AsyncIterator[None]:
    """Copy a file from Telegram, and hold its turn for the length of the block: the next file comes after that.

    Raises:
        MediaError: it is too large for a bot.
        Unreachable: Telegram does not hand it over.
    """
    turns = _turns.setdefault(asyncio.get_running_loop(), asyncio.Semaphore(AT_ONCE))
    await _fetch_in_turn(attachment, path, turns)
    try:
        yield
    finally:
        turns.release()


async def save(attachment: Attachment, path: Path) -> None:
    """Copy a file from Telegram. Raises what `fetched` raises."""
    async with fetched(attachment, path):
        pass


async def _fetch_in_turn(attachment: Attachment, path: Path, turns: asyncio.Semaphore) -> None:
    """Copy a file when it has its turn, which is kept then; between tries, others have theirs."""
    if attachment.size is not None and attachment.size > DOWNLOAD_LIMIT:
        raise MediaError(Reason.IMAGE_TOO_LARGE, size=attachment.size, limit=DOWNLOAD_LIMIT)
    try:
        async for attempt in stamina.retry_context(on=_passes, attempts=5, timeout=45.0):
            with attempt:
                await turns.acquire()
                try:
                    await _copy(attachment, path)
                except BaseException:
                    turns.release()
                    raise
    except BadRequest as error:
        if "too big" in str(error).lower():
            raise MediaError(Reason.IMAGE_TOO_LARGE, limit=DOWNLOAD_LIMIT) from error
        raise Unreachable(str(error)) from error
    except (TelegramError, WrongSize) as error:
        raise Unreachable(str(error)) from error


async def _copy(attachment: Attachment, path: Path) -> None:
    file = await attachment.bot.get_file(attachment.file_id)
    _check_readable(attachment.bot, file)
    await file.download_to_drive(path)
    _check_size(path, file.file_size)


def _check_readable(bot: Bot, file: File) -> None:
    """See that a file can be fetched; a Bot API server in local mode names a path on its own machine.

    Raises:
        Unreachable: it names none, or one that cannot be read from here.
    """
    if file.file_path is None:
        raise Unreachable("Telegram names no path")
    path = file.file_path.removeprefix(f"{bot.base_file_url}/")
    if path.startswith("/") and not os.access(path, os.R_OK):
        log.error(
            "the Bot API server keeps its files where this bot can't read them: let its user read that folder, "
            "mount it here by the same path, or run the server without --local",
            folder=str(Path(path).parent.parent),
        )
        raise Unreachable("a path that cannot be read here")


def _check_size(path: Path, size: int | None) -> None:
    if size is not None and path.stat().st_size != size:
        raise WrongSize(f"{path.stat().st_size} bytes came of {size}")


def _passes(error: Exception) -> bool:
    if isinstance(error, BadRequest):
        return False
    return isinstance(error, NetworkError | WrongSize) or is_nonsense(error)
