"""How long an answer takes at 30 updates a second, which is what Telegram lets a bot send.

People come by and by: each writes /help, sends a photo and, two seconds later, a voice.
The bot is a process of its own, as it runs for real, without the pause that keeps Telegram's 30 messages a second; the
echo is python-telegram-bot alone, with as many updates at a time, and answers each of the same messages with a word.
Both talk to the stand-in of Telegram in this process.
Run: `python -m benchmarks.bench_updates`; it takes about a minute.
"""

import asyncio
import os
import statistics
import sys
import tempfile
import time
from collections import defaultdict, deque
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

import sqlalchemy as sa
from telegram import Update
from telegram.ext import ApplicationBuilder, ContextTypes, MessageHandler, filters

from benchmarks.stand_ins import post, program, worlds
from benchmarks.table import Row, report
from bot.__main__ import main as emobot
from bot.sandbox.telegram import Person
from handlers.transport.inbox import AT_ONCE
from storage.database import open_database
from storage.tables import metadata
from storage.upgrade import migrate
from tests.stories.conftest import PORTRAIT, World, brief_voice

PEOPLE = 120

WHAT = WORDS, PHOTO, VOICE = "words", "photo", "voice"
PACE = 30.0
LATER = 20
"""People who send their photo between somebody's photo and voice."""
GOAL_P99 = 1.0
LONGEST = 120.0
SECRETS = ("TELEGRAM_BOT_TOKEN", "TELEGRAM_API_URL")


def run_bot() -> int:
    """The bot, with nothing changed but that it may send more than Telegram lets it."""
    with patch("handlers.transport.flood.PER_SECOND", 1_000_000):
        return emobot(["run"])


def run_echo() -> int:
    """An echo."""

    async def reply(update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
        if update.message is not None:
            await update.message.reply_text("I have it.")

    token, address = (os.environ[name] for name in SECRETS)
    builder = ApplicationBuilder().token(token).base_url(f"{address}/bot").concurrent_updates(AT_ONCE)
    application = builder.connection_pool_size(64).pool_timeout(30).build()
    application.add_handler(MessageHandler(filters.ALL, reply))
    application.run_polling()
    return 0


class Crowd:
    """People, and how long each of their messages went unanswered."""

    def __init__(self, world: World, count: int) -> None:
        telegram = world.telegram
        self.people = [telegram.person(f"Person {number}") for number in range(count)]
        somebody = telegram.person("Somebody")
        sent = somebody.sends("/help"), somebody.sends_photo(PORTRAIT), somebody.sends_voice(brief_voice())
        self._messages = dict(zip(WHAT, sent, strict=True))
        self.took: list[float] = []
        self._world = world
        self._sent: dict[int, deque[float]] = defaultdict(deque)
        self._answered = asyncio.Event()
        self._left = 0

    async def hear(self) -> None:
        """Note each answer, until cancelled."""
        async for event in self._world.telegram.events():
            message = event.message
            if event.kind == "new" and message is not None and message.sender.is_bot and self._sent[message.chat.id]:
                self.took.append(time.monotonic() - self._sent[message.chat.id].popleft())
                self._left -= 1
                if not self._left:
                    self._answered.set()

    def sends(self, person: Person, what: str) -> None:
        """Somebody sends one of `WHAT`."""
        post(self._world, person, self._messages[what])
        self._sent[person.chat.id].append(time.monotonic())

    async def paced(self, pace: float) -> list[float]:
        """All that everybody sends, so many a second; returns how long each answer took, in order."""
        began = self._expect()
        for number, (person, what) in enumerate(self._in_order()):
            await asyncio.sleep(max(0.0, began + number / pace - time.monotonic()))
            self.sends(person, what)
        await self._all_answered()
        return sorted(self.took)

    def _in_order(self) -> Iterator[tuple[Person, str]]:
        for number in range(len(self.people) + LATER):
            if number < len(self.people):
                yield self.people[number], WORDS
                yield self.people[number], PHOTO
            if number >= LATER:
                yield self.people[number - LATER], VOICE

    def _expect(self) -> float:
        self._answered.clear()
        self._left, self.took = len(WHAT) * len(self.people), []
        return time.monotonic()

    async def _all_answered(self) -> None:
        async with asyncio.timeout(LONGEST):
            await self._answered.wait()


async def measure(who: str, folder: Path) -> list[float]:
    """The seconds of each answer, in order."""
    async with worlds(folder) as (world,):
        world.emo.hold()
        crowd = Crowd(world, PEOPLE)
        await greet(world, crowd.people)
        world.telegram.world.feed.waiting.clear()
        hearing = asyncio.create_task(crowd.hear())
        try:
            async with program(world, "benchmarks.bench_updates", who, LOG_LEVEL="ERROR"):
                await asyncio.sleep(1)
                return await crowd.paced(PACE)
        finally:
            hearing.cancel()


async def greet(world: World, people: list[Person]) -> None:
    """Nobody is here for the first time: then there is one answer to each message."""
    database = open_database(world.settings().database_url)
    await migrate(database)
    rows = [{"user_id": person.user.id, "told_at": time.time()} for person in people]
    async with database.begin() as connection:
        await connection.execute(sa.insert(metadata.tables["people"]), rows)
    await database.dispose()


def main() -> int:
    """Measure both and print the table; 1 when the goal was missed."""
    with tempfile.TemporaryDirectory() as first, tempfile.TemporaryDirectory() as second:
        echo = asyncio.run(measure("echo", Path(first)))
        ours = asyncio.run(measure("bot", Path(second)))
    p50, echo_p50 = (statistics.median(seconds) for seconds in (ours, echo))
    p99, echo_p99 = (seconds[round(0.99 * len(seconds)) - 1] for seconds in (ours, echo))
    what = f"an answer at {PACE:.0f} updates a second"
    return report(
        [
            Row(f"{what}, half", f"{p50:.2f} s", f"echo: {echo_p50:.2f} s", p50 / echo_p50),
            Row(f"{what}, 99 of 100", f"{p99:.2f} s", f"a second (echo: {echo_p99:.2f} s)", p99 / GOAL_P99, 1.0),
        ]
    )


if __name__ == "__main__":
    sys.exit({"bot": run_bot, "echo": run_echo}[sys.argv[1]]() if len(sys.argv) > 1 else main())
