"""The whole product over real HTTP: the bot, a Telegram and an EMO service on loopback, and people who use them."""

import asyncio
import os
import shutil
import signal
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

import aiohttp
import pytest
import sqlalchemy as sa
from aiohttp import web
from pydantic import SecretStr

from bot.app import bot_running
from bot.dashscope.retries import RetryPolicy
from bot.render.timing import Timing
from bot.sandbox.emo import EmoServer
from bot.sandbox.emo.account import BillEntry
from bot.sandbox.telegram import Person, TelegramServer
from bot.settings import Listen, Settings
from handlers.texts.language import LANGUAGES
from storage.announcements import announced
from storage.database import open_database
from storage.drafts import Draft, DraftKey, read_draft
from storage.ledger import spent
from storage.renders import Render, select_renders
from storage.tasks import TaskRow, tasks_of
from tests import warm
from tests.media.samples import recorded, speech
from tests.ports import port_of_its_own
from tests.still_renderer import detect_centre, render_still, still_engine

if TYPE_CHECKING:
    from tests.stories.fleet import Fleet

EXAMPLES = Path(__file__).parents[2] / "examples"
PORTRAIT, VOICE = EXAMPLES / "portrait.jpg", EXAMPLES / "voice.ogg"
KEYS = ("sandbox-key", "second-key")
"""Of the two accounts at the service; a bot has the first one, unless a story says otherwise."""
RATES = {"detect": 1000, "submit": 1000, "poll": 1000, "list": 1000, "cancel": 1000}
BRISK = Timing(
    first_pause=0.1,
    second_task=0.1,
    settling=0.5,
    unlisted=0.5,
    forgotten=3.0,
    second_fetch=0.1,
    shortest_poll=0.1,
    card_tick=0.1,
    card_gaps=(0.1,),
    watch=0.5,
    face_check=60.0,
    repeat=RetryPolicy(attempts=2, seconds=5, first_pause=0.05, longest_pause=0.1),
)
"""The bot's pauses in stories: shorter, by the same rules."""


@dataclass
class World:
    """Everything outside, and where the bot keeps its own."""

    telegram: TelegramServer
    emo: EmoServer
    data_dir: Path
    port: int
    engine: str = "emo"
    people: dict[str, Person] = field(default_factory=dict)
    bills: list[list[BillEntry]] = field(default_factory=list)
    ledger_is_whole: bool = True
    """At the end the bot's ledger must add up to what the account was charged, unless the test says why not."""

    @property
    def nobody(self) -> Path:
        """A presenters' folder with nobody in it, so that most people begin without an example and ready faces."""
        folder = self.data_dir.parent / "nobody"
        folder.mkdir(exist_ok=True)
        return folder

    def settings(self, **changes: object) -> Settings:
        """Settings of a bot that lives in this world."""
        given: dict[str, object] = {
            "telegram_bot_token": SecretStr(self.telegram.token),
            "telegram_api_url": self.telegram.url,
            "dashscope_api_key": SecretStr(KEYS[0]),
            "dashscope_base_url": self.emo.url,
            "public_url": f"http://127.0.0.1:{self.port}",
            "listen": Listen("127.0.0.1", self.port),
            "data_dir": self.data_dir,
            "engine": self.engine,
            "ask_above": 1000,
            "presenters_dir": self.nobody,
        }
        return Settings(**(given | changes))  # type: ignore[arg-type]

    def bot(self, timing: Timing = BRISK, **changes: object) -> AbstractAsyncContextManager["asyncio.Task[None]"]:
        """The bot in this process for the length of a block, with other settings where given."""
        return bot_running(self.settings(**changes), timing)

    def environment(self) -> dict[str, str]:
        """The same settings for a process of its own."""
        return {
            **{name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG")},
            "TELEGRAM_BOT_TOKEN": self.telegram.token,
            "TELEGRAM_API_URL": self.telegram.url,
            "DASHSCOPE_API_KEY": KEYS[0],
            "DASHSCOPE_BASE_URL": self.emo.url,
            "PUBLIC_URL": f"http://127.0.0.1:{self.port}",
            "LISTEN": f"127.0.0.1:{self.port}",
            "DATA_DIR": str(self.data_dir),
            "ENGINE": self.engine,
            "ASK_ABOVE": "1000",
            "PRESENTERS_DIR": str(self.nobody),
            "LOG_FORMAT": "console",
        }

    def person(self, name: str) -> Person:
        """Somebody with a private chat, made at the first mention."""
        if name not in self.people:
            self.people[name] = self.telegram.person(name)
        return self.people[name]

    async def renders(self) -> list[Render]:
        """Every render that the bot knows, oldest first."""
        database = open_database(f"sqlite+aiosqlite:///{self.data_dir / 'emobot.db'}")
        try:
            return await select_renders(database)
        finally:
            await database.dispose()

    async def render_that(self, fits: Callable[[Render], bool], seconds: float = 60) -> Render:
        """Wait until the newest render is as it should be."""
        try:
            async with asyncio.timeout(seconds):
                while True:
                    renders = await self.renders() if (self.data_dir / "emobot.db").exists() else []
                    if renders and fits(renders[-1]):
                        return renders[-1]
                    await asyncio.sleep(0.05)
        except TimeoutError:
            raise AssertionError(f"no such render in {seconds:g} s: {renders}") from None

    async def all_tasks(self) -> list[TaskRow]:
        """What was ordered, in the order of the renders."""
        database = open_database(f"sqlite+aiosqlite:///{self.data_dir / 'emobot.db'}")
        try:
            renders = await select_renders(database)
            return [task for render in renders for task in await tasks_of(database, render.id)]
        finally:
            await database.dispose()

    async def task_that(self, fits: Callable[[TaskRow], bool], seconds: float = 60) -> TaskRow:
        """Wait until the newest render has a task, and its last one is as it should be."""
        try:
            async with asyncio.timeout(seconds):
                while True:
                    is_there = (self.data_dir / "emobot.db").exists()
                    tasks, renders = (await self.all_tasks(), await self.renders()) if is_there else ([], [])
                    if tasks and tasks[-1].render_id == renders[-1].id and fits(tasks[-1]):
                        return tasks[-1]
                    await asyncio.sleep(0.05)
        except TimeoutError:
            raise AssertionError(f"no such task in {seconds:g} s: {tasks}") from None

    async def task_states(self, *states: str, seconds: float = 60) -> None:
        """Wait until the tasks at the service, in their order, are in these states."""
        for _ in range(int(seconds / 0.05)):
            if [task.state for task in self.emo.tasks.values()] == list(states):
                return
            await asyncio.sleep(0.05)
        raise AssertionError([task.state for task in self.emo.tasks.values()])

    async def draft(self, person: Person) -> Draft:
        """What the bot keeps of what somebody has sent."""
        database = open_database(f"sqlite+aiosqlite:///{self.data_dir / 'emobot.db'}")
        try:
            return await read_draft(database, DraftKey(person.chat.id, person.user.id))
        finally:
            await database.dispose()

    async def spent(self) -> Decimal:
        """What the bot's ledger adds up to."""
        database = open_database(self.settings().database_url)
        try:
            return await spent(database)
        except sa.exc.DBAPIError:  # it never came to have tables
            return Decimal(0)
        finally:
            await database.dispose()

    def objects(self) -> list[Path]:
        """The files of people that lie on the bot's disk."""
        return [path for path in (self.data_dir / "objects").glob("[0-9a-f][0-9a-f]/*") if path.is_file()]

    async def no_objects(self, seconds: float = 60) -> None:
        """Wait until no file of anybody is left."""
        for _ in range(int(seconds / 0.05)):
            if not self.objects():
                return
            await asyncio.sleep(0.05)
        raise AssertionError(f"there are still files: {self.objects()}")

    def detects_paid(self) -> int:
        """How many images the account was charged for."""
        return sum(entry.task_id is None for entry in self.emo.bill)

    def videos_paid(self) -> int:
        """How many videos the account was charged for."""
        return sum(entry.task_id is not None for entry in self.emo.bill)

    def videos(self, person: Person) -> int:
        """How many videos stand in somebody's chat."""
        return sum(message.media == "video" for message in self.telegram.chat_history(person) if message.sender.is_bot)

    async def status_of(self, url: str) -> int:
        """What a link answers now."""
        async with aiohttp.ClientSession() as session, session.get(url) as response:
            return response.status


SIDES = {"emo": 512, "s2v": 552}
"""Pixels of a video's side that each engine makes of the square portrait."""
BY_EACH_ENGINE = pytest.mark.parametrize("engine", ["emo", "s2v"])
"""A story that is the same whichever engine makes the video."""


@pytest.fixture
def engine() -> str:
    """What makes the videos of a story, unless it says otherwise."""
    return "emo"


@pytest.fixture
async def world(tmp_path: Path, ran_before: Path, engine: str) -> AsyncIterator[World]:
    """A Telegram and an EMO service without delay; every call of the bot must be valid by the Bot API's own table.

    The bot has run here before: its tables are made.
    """
    port = port_of_its_own()
    shutil.copytree(ran_before, tmp_path / "data")
    telegram, emo = (
        TelegramServer(),
        EmoServer(detect_centre, render_still, api_keys=KEYS, rates=RATES, engine=still_engine()),
    )
    await telegram.start()
    await emo.start()
    world = World(telegram, emo, tmp_path / "data", port, engine, bills=[emo.bill])
    yield world
    await emo.stop()
    await telegram.stop()
    assert telegram.violations == []
    assert emo.notes == []
    if world.ledger_is_whole and (world.data_dir / "emobot.db").exists():
        assert await world.spent() == sum(entry.amount for bill in world.bills for entry in bill)


@pytest.fixture
async def bot(world: World) -> AsyncIterator[None]:
    """The bot, in this process."""
    async with world.bot():
        yield


@pytest.fixture
async def fleet(world: World) -> "AsyncIterator[Fleet]":
    """Processes on one PostgreSQL, none started yet."""
    from tests.stories.fleet import fleet_in  # which needs the world

    async with fleet_in(world) as fleet:
        yield fleet


@cache
def brief_voice(seconds: float = 1.5) -> bytes:
    """A voice message of a second and a half: little to film, where the film is not the point."""
    with tempfile.TemporaryDirectory() as folder:
        return recorded(speech(seconds), Path(folder) / "words.ogg").read_bytes()


@pytest.fixture(scope="session")
def ran_before(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a bot leaves in an empty folder that was started there, told Telegram about itself, and was stopped."""
    folder = tmp_path_factory.mktemp("ran-before") / "data"
    asyncio.run(run_once(folder))
    return folder


async def run_once(folder: Path) -> None:
    """Start the bot in a world of its own, and stop it again once it has told Telegram about itself."""
    async with TelegramServer() as telegram:
        world = World(telegram, EmoServer(detect_centre, render_still), folder, port_of_its_own())
        await still_engine().looker.run(detect_centre, PORTRAIT, None)  # no first photo waits for that process to start
        async with world.bot(dashscope_base_url="http://127.0.0.1:9"):
            await profile_told(world)


async def profile_told(world: World) -> None:
    """Wait until Telegram has been told all about the bot: its menus, and then its profile."""
    *_, last = (code for code in LANGUAGES if len(code) == 2 and code != "en")
    database = open_database(f"sqlite+aiosqlite:///{world.data_dir / 'emobot.db'}")
    try:
        async with asyncio.timeout(60):
            while f"short_description:{last}" not in await announced(database):
                await asyncio.sleep(0.05)
    finally:
        await database.dispose()


@pytest.fixture
def asked(world: World) -> Counter[str]:
    """How often the EMO service was called, by the name of the call."""
    count: Counter[str] = Counter()
    for name in ("detect", "submit", "poll", "list", "cancel", "video"):
        world.emo.faults.watch(name, "before", partial(count_one, count, name))
    return count


def count_one(count: Counter[str], name: str, _: web.Request) -> None:
    """A watcher that counts."""
    count[name] += 1


@pytest.fixture
def alice(world: World) -> Person:
    """Somebody who uses the bot."""
    return world.person("Alice")


class BotProcess:
    """The bot as a process of its own, which can be killed."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._process: warm.WarmProcess | None = None
        self._log = world.data_dir.parent / "bot.log"
        self.was_killed = False

    async def start(self, **changes: str) -> None:
        """Start it, with other settings where given, without waiting for anything."""
        environment = self._world.environment() | changes
        self._process = await warm.start("bot", "run", env=environment, output=self._log)

    @property
    def started(self) -> bool:
        """Whether it ever was."""
        return self._process is not None

    @property
    def pid(self) -> int:
        """Of the process that was started last."""
        assert self._process is not None
        return self._process.pid

    def kill(self, *_: object) -> None:
        """`kill -9`."""
        self.was_killed = True
        if self._process is not None and self._process.returncode is None:
            self._process.send_signal(signal.SIGKILL)

    def kill_once(self, *_: object) -> None:
        """The same, unless it was killed before."""
        if not self.was_killed:
            self.kill()

    async def stopped(self, seconds: float = 90) -> int:
        """Wait until it has ended; returns its exit status."""
        assert self._process is not None
        async with asyncio.timeout(seconds):
            return await self._process.wait()

    async def stop(self) -> int:
        """SIGTERM, and wait."""
        assert self._process is not None
        if self._process.returncode is None:
            self._process.send_signal(signal.SIGTERM)
        return await self.stopped()

    @property
    def log(self) -> str:
        """What it has logged."""
        return self._log.read_text() if self._log.exists() else ""

    def is_back_when_the_service_fetches(self) -> None:
        """Let the service hold tasks until the bot was killed and started again: it may have one by the kill."""
        self._world.emo.hold()
        release = self._world.emo.release
        self._world.telegram.faults.watch("getMe", "after", lambda _: release() if self.was_killed else None)


@pytest.fixture
async def process(world: World) -> AsyncIterator[BotProcess]:
    """A bot process, not yet started, gone at the end."""
    process = BotProcess(world)
    yield process
    process.kill()
    if process.started:
        await process.stopped()
