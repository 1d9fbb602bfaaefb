"""`emobot sandbox`: the Telegram, the EMO service and the chat page of the demo alone, for any bot to be pointed at."""

import asyncio
import errno
import signal
import sys
from collections.abc import Awaitable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from bot.cli.local_engine import missing_packages
from bot.errors import OperatorError
from bot.sandbox.guard import random_key, random_token

if TYPE_CHECKING:
    from bot.sandbox.emo import EmoServer
    from bot.sandbox.telegram import TelegramServer

T = TypeVar("T")

EXAMPLES = Path(__file__).parents[2] / "examples"


@dataclass(frozen=True)
class Ports:
    """Where each of them listens on 127.0.0.1; 0 is any free one."""

    telegram: int
    emo: int
    page: int


def sandbox(ports: Ports, token: str | None = None, api_key: str | None = None) -> int:
    """Serve until SIGTERM or Ctrl-C.

    Args:
        token: what the bot presents; None: one at random, which no page of a browser can guess.
        api_key: what a client of the EMO service presents; None: likewise.

    Raises:
        OperatorError: a port is taken.
    """
    return asyncio.run(_serve(ports, token or random_token(), api_key or random_key()))


async def _serve(ports: Ports, token: str, api_key: str) -> int:
    from bot.sandbox.page import make_cast, open_page
    from bot.sandbox.telegram import TelegramServer

    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    telegram = TelegramServer(token=token)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(telegram.stop)
        await _opened(telegram.start(port=ports.telegram), "--telegram-port", ports.telegram)
        emo = await _open_emo(stack, ports.emo, api_key)
        cast = make_cast(telegram, samples=EXAMPLES if EXAMPLES.is_dir() else None)
        page = await _opened(open_page(telegram, emo, cast, (ports.page,)), "--page-port", ports.page)
        stack.push_async_callback(page.close)
        _say("# Stand-ins for what is outside of a bot, on this machine. Ctrl-C ends them; nothing is kept.")
        _say(f"TELEGRAM_API_URL={telegram.url}\nTELEGRAM_BOT_TOKEN={telegram.token}")
        if emo is None:
            _say("# There is no EMO service: its puppet is not installed (uv sync --group sandbox).")
        else:
            _say(f"DASHSCOPE_BASE_URL={emo.url}\nDASHSCOPE_API_KEY={api_key}")
        _say(f"# The people who use the bot, in a browser: {page.url}")
        complaints = asyncio.create_task(_complain(telegram))
        await stop.wait()
        complaints.cancel()
    return 0


async def _open_emo(stack: AsyncExitStack, port: int, api_key: str) -> "EmoServer | None":
    if missing_packages():
        return None
    from bot.sandbox.emo import EmoServer
    from bot.sandbox.puppet import detect_face, render_video

    emo = EmoServer(detect_face, render_video, api_keys=[api_key])
    stack.push_async_callback(emo.stop)
    await _opened(emo.start(port=port), "--emo-port", port)
    return emo


async def _opened(opening: Awaitable[T], option: str, port: int) -> T:
    try:
        return await opening
    except OSError as error:
        why = "is taken" if error.errno == errno.EADDRINUSE else f"cannot be had ({error.strerror})"
        raise OperatorError(f"port {port} {why}: choose another one with {option}, or 0 for any") from error


async def _complain(telegram: "TelegramServer") -> None:
    """Print what the real API would silently ignore or not know in the bot's calls."""
    said = 0
    async for _ in telegram.events():
        for violation in telegram.violations[said:]:
            print(f"! {violation}", file=sys.stderr, flush=True)  # noqa: T201
        said = len(telegram.violations)


def _say(line: str) -> None:
    print(line, flush=True)  # noqa: T201
