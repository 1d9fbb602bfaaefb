"""Fetching people's files from Telegram."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import quote
from weakref import WeakKeyDictionary

import stamina
import structlog
from telegram.error import BadRequest, NetworkError, TelegramError

from bot.media.errors import MediaError, Reason
from handlers.transport.attachments import Attachment
from handlers.transport.http import local_files_of
from handlers.transport.local_files import NotLocal, take_local
from handlers.transport.sending import is_nonsense

DOWNLOAD_LIMIT = 20 * 1024 * 1024
"""Bytes that Telegram hands to a bot, ..."""
LOCAL_LIMIT = 2000 * 1024 * 1024
"""... and of a file that a Bot API server keeps on this machine."""

AT_ONCE = 16
"""Files that are fetched and used at a time: each is held in memory while it is fetched, up to 20 MB.

With turns, the first files of a crowd are done early; side by side, all would end with the last one.
"""

log = structlog.get_logger(__name__)

_turns: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore] = WeakKeyDictionary()


class WrongSize(Exception):
    """The file has another length than Telegram said: the connection broke off, or something in between answered."""


class Unreachable(Exception):
    """Telegram did not hand the file over, although it was asked several times."""


@asynccontextmanager
async def fetched(attachment: Attachment, path: Path) -> AsyncIterator[None]:
    """Copy a file from Telegram, and hold its turn for the length of the block.

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
    """Copy a file when it has its turn, and keep the turn; between tries, let others have theirs."""
    limit = DOWNLOAD_LIMIT if local_files_of(attachment.bot) is None else LOCAL_LIMIT
    if attachment.size is not None and attachment.size > limit:
        raise MediaError(Reason.IMAGE_TOO_LARGE, size=attachment.size, limit=limit)
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
    """Copy a file once; what the library takes for a file of this machine is not read for that."""
    bot = attachment.bot
    file = await bot.get_file(attachment.file_id)
    if file.file_path is None:
        raise Unreachable("Telegram names no path")
    named = file.file_path.removeprefix(f"{bot.base_file_url}/")
    if named.startswith("/"):
        try:
            await asyncio.to_thread(take_local, named, local_files_of(bot), path)
        except NotLocal as error:
            log.error("the Bot API server names a file of its machine, which is not read", why=str(error))
            raise Unreachable("a path that is not read") from error
    else:
        path.write_bytes(await bot.request.retrieve(f"{bot.base_file_url}/{quote(named)}"))  # noqa: ASYNC240
    _check_size(path, file.file_size)


def _check_size(path: Path, size: int | None) -> None:
    if size is not None and path.stat().st_size != size:
        raise WrongSize(f"{path.stat().st_size} bytes came of {size}")


def _passes(error: Exception) -> bool:
    if isinstance(error, BadRequest):
        return False
    return isinstance(error, NetworkError | WrongSize) or is_nonsense(error)
