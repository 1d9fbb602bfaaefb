"""Ten thousand renders that wait, against ten: memory, idle processor time, and how soon a killed bot polls again.

The bot is a process of its own, as it runs for real; three tasks are at the service (the default of
`MAX_IN_FLIGHT`) and do not end, the rest wait in the line, each in a chat of its own with its card.
Run: `python -m benchmarks.bench_waiting`; it takes about a minute and a half.
"""

import asyncio
import os
import signal
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa
from aiohttp import web

from benchmarks.stand_ins import program
from benchmarks.table import Row, report
from bot.media.portrait import fit_portrait
from bot.media.voice import fit_voice
from bot.sandbox.emo import EmoServer
from bot.sandbox.telegram import TelegramServer
from storage.database import open_database
from storage.objects import Objects
from storage.renders import Stage
from storage.tables import metadata
from storage.upgrade import migrate
from tests.ports import port_of_its_own
from tests.still_renderer import detect_centre, render_still, still_engine
from tests.stories.conftest import PORTRAIT, RATES, VOICE, World

FEW, MANY = 10, 10_000
IDLE_SECONDS = 6.0
KILLS = 3
GOALS = {"memory": 1.3, "idle": 2.0, "back": 2.0}


@dataclass(frozen=True)
class Measured:
    """Resident megabytes of the process, the share of a core that it takes, and seconds from `kill -9` to a poll."""

    memory: float
    idle: float
    back: float


async def measure(count: int, folder: Path) -> Measured:
    """Let a bot have so many renders waiting."""
    forever = 1e6
    emo = EmoServer(
        detect_centre, render_still, rates=RATES, engine=still_engine(), seconds_per_video_second=forever, max_running=1
    )
    async with TelegramServer() as telegram:
        await emo.start()
        world = World(telegram, emo, folder / "data", port_of_its_own())
        polled: asyncio.Queue[float] = asyncio.Queue()

        def note_poll(_request: web.Request) -> None:
            polled.put_nowait(time.monotonic())

        emo.faults.watch("poll", "before", note_poll)
        try:
            await fill(world, count)
            async with program(world, "bot", "run", LOG_LEVEL="WARNING") as pid:
                await three_tasks(world)
                await quiet(pid)
                began, used = time.monotonic(), processor_seconds(pid)
                await asyncio.sleep(IDLE_SECONDS)
                idle = (processor_seconds(pid) - used) / (time.monotonic() - began)
                memory = resident(pid)
                os.kill(pid, signal.SIGKILL)
            back = []
            for _ in range(KILLS):
                while not polled.empty():
                    polled.get_nowait()
                killed = time.monotonic()
                async with program(world, "bot", "run", LOG_LEVEL="WARNING") as pid:
                    async with asyncio.timeout(60):
                        back.append(await polled.get() - killed)
                    os.kill(pid, signal.SIGKILL)
            return Measured(memory, idle, sorted(back)[KILLS // 2])
        finally:
            await emo.stop()


async def fill(world: World, count: int) -> None:
    """Write so many renders down, each of another person who has seen a card."""
    database = open_database(world.settings().database_url)
    await migrate(database)
    objects = Objects(world.data_dir / "objects", database)
    portrait, voice = world.data_dir / "portrait", world.data_dir / "voice"
    seen = fit_portrait(PORTRAIT, portrait)
    heard = fit_voice(VOICE, voice)
    photo = await objects.add(portrait, extension=seen.extension, kind="portrait", width=seen.width, height=seen.height)
    words = await objects.add(voice, extension=heard.extension, kind="voice", seconds=heard.seconds)
    rows = []
    for number in range(count):
        person = world.telegram.person(f"Person {number}")
        chat = person.chat
        sent = world.telegram.world.post(chat, person.user, {"text": "words"})
        card = world.telegram.world.post(chat, world.telegram.world.bot, {"text": "Next in line."}, reply_to=sent)
        rows.append(
            {
                "id": f"{number:016x}",
                "origin": f"bench:{number}",
                "chat_id": chat.id,
                "user_id": chat.id,
                "thread_id": 0,
                "voice_message_id": sent.id,
                "portrait_sha": photo.sha,
                "voice_sha": words.sha,
                "ratio": "1:1",
                "style": "normal",
                "stage": Stage.QUEUED,
                "card_message_id": card.id,
                "created_at": time.time() + number / 1000 - count,
            }
        )
    async with database.begin() as connection:
        await connection.execute(sa.insert(metadata.tables["renders"]), rows)
    world.telegram.world.feed.waiting.clear()
    await database.dispose()


async def three_tasks(world: World) -> None:
    """Wait until the service has as many tasks as the bot gives it at a time."""
    async with asyncio.timeout(180):
        while len(world.emo.tasks) < 3:
            await asyncio.sleep(0.1)


async def quiet(pid: int) -> None:
    """Wait until the process has done what the start brought: until two spans of 2 s take about the same time."""
    before = -1.0
    for _ in range(60):
        used = processor_seconds(pid)
        await asyncio.sleep(2)
        now = processor_seconds(pid) - used
        if 0 <= before <= now * 1.25 + 0.1:
            return
        before = now


def processor_seconds(pid: int) -> float:
    """What a process has had of the processors."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident(pid: int) -> float:
    """Megabytes of a process."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def main() -> int:
    """Measure both and print the table; 1 when a goal was missed."""
    with tempfile.TemporaryDirectory() as few_folder, tempfile.TemporaryDirectory() as many_folder:
        few = asyncio.run(measure(FEW, Path(few_folder)))
        many = asyncio.run(measure(MANY, Path(many_folder)))
    say = {
        "memory": ("memory", "{:.0f} MB"),
        "idle": ("idle CPU, of a core", "{:.3f}"),
        "back": ("kill -9 to the first new poll", "{:.1f} s"),
    }
    return report(
        [
            Row(
                f"{MANY:,} waiting: {name}",
                figure.format(getattr(many, what)),
                f"{FEW} waiting: {figure.format(getattr(few, what))}",
                getattr(many, what) / getattr(few, what),
                GOALS[what],
            )
            for what, (name, figure) in say.items()
        ]
    )


if __name__ == "__main__":
    sys.exit(main())
