"""The bot of the demo: `emobot run` beside us, against stand-ins, to be killed and started again."""

import asyncio
import os
import shutil
import signal
import socket
import sys
from contextlib import suppress
from pathlib import Path

from bot.sandbox.emo import EmoServer
from bot.sandbox.telegram import TelegramServer
from bot.sandbox.telegram.events import Event
from bot.settings import SETTING_NAMES

EXAMPLES = Path(__file__).parents[2] / "examples"
STOP_SECONDS, START_SECONDS = 15.0, 60.0
PRESENTER = "Eileen"
"""A face that is there for everybody."""


class DemoBot:
    """A process with the bot.

    Args:
        telegram: whose bot it is.
        emo: what makes its videos, in the place of `engine`.
        folder: where it keeps its data, its presenters and its log.
    """

    def __init__(self, telegram: TelegramServer, emo: EmoServer, folder: Path, engine: str) -> None:
        self._world = telegram.world
        self._folder = folder
        self._process: asyncio.subprocess.Process | None = None
        self._started = asyncio.Event()
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            address = f"127.0.0.1:{probe.getsockname()[1]}"
        presenters = folder / "presenters"
        presenters.mkdir()
        shutil.copyfile(EXAMPLES / "portrait.jpg", presenters / f"{PRESENTER}.jpg")
        self._environment = {name: value for name, value in os.environ.items() if name.upper() not in SETTING_NAMES} | {
            "TELEGRAM_BOT_TOKEN": telegram.token,
            "TELEGRAM_API_URL": telegram.url,
            "DASHSCOPE_API_KEY": emo.accounts[0].api_key,
            "DASHSCOPE_BASE_URL": emo.url,
            "ENGINE": engine,
            "PUBLIC_URL": f"http://{address}",
            "LISTEN": address,
            "DATA_DIR": str(folder / "data"),
            "PRESENTERS_DIR": str(presenters),
            "PYTHONPATH": str(EXAMPLES.parent),
        }

    @property
    def log(self) -> Path:
        """What it writes while it runs."""
        return self._folder / "bot.log"

    async def start(self) -> None:
        """Start it; what it says goes behind what it has said."""
        with self.log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "bot", "run", env=self._environment, cwd=self._folder, stdout=log, stderr=log
            )
        self._started.set()

    async def restart(self) -> None:
        """Kill it in the middle of its work, start it again, and wait until it speaks to Telegram."""

        def is_back(event: Event) -> bool:
            return event.kind == "call" and event.data["method"] == "getMe"

        self._started.clear()
        if self._process is not None:
            with suppress(ProcessLookupError):
                self._process.kill()
            await self._process.wait()
        since = self._world.log.last
        await self.start()
        with suppress(TimeoutError):
            await self._world.log.first(is_back, since, START_SECONDS)

    async def ended(self) -> int:
        """Wait until it ends by itself; gives its exit status."""
        while True:
            await self._started.wait()
            process = self._process
            if process is None:
                raise RuntimeError("what was started is there")
            status = await process.wait()
            if self._started.is_set() and self._process is process:
                return status

    async def stop(self) -> None:
        """Let it end in peace, or kill it."""
        if self._process is None or self._process.returncode is not None:
            return
        self._process.send_signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(STOP_SECONDS):
                await self._process.wait()
        except TimeoutError:
            self._process.kill()
