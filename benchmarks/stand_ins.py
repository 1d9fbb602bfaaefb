"""Everything outside for a benchmark: it answers at once and costs little, so that what is measured is the bot."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from bot.sandbox.emo import EmoServer, Engine
from bot.sandbox.film import Film
from bot.sandbox.telegram import Person, TelegramServer
from bot.sandbox.telegram.message import Message
from tests.ports import port_of_its_own
from tests.still_renderer import detect_centre, render_still
from tests.stories.conftest import RATES, World

START_SECONDS, STOP_SECONDS = 60.0, 15.0
_films: list[bytes] = []


def film(image: Path, audio: Path, how: Film, target: Path, **_: Any) -> None:
    """The first video of a process is filmed, and is the video of every later task too; all voices are equally long."""
    if not _films:
        render_still(image, audio, how, target)
        _films.append(target.read_bytes())
    target.write_bytes(_films[0])


@asynccontextmanager
async def worlds(*folders: Path, running: int = 1, **service: Any) -> AsyncIterator[list[World]]:
    """A Telegram and an EMO service for each folder.

    Args:
        running: tasks that a service runs at a time.
        service: what else is said of it.
    """
    engine = Engine(detect_centre, film, running)
    async with AsyncExitStack() as stack:
        stack.callback(engine.close)
        await engine.looker.run(len, ())  # its process takes seconds to start, which are none of the bot's
        made = []
        for folder in folders:
            telegram = await stack.enter_async_context(TelegramServer())
            emo = EmoServer(detect_centre, film, rates=RATES, engine=engine, max_running=running, **service)
            await emo.start()
            stack.push_async_callback(emo.stop)
            made.append(World(telegram, emo, folder / "data", port_of_its_own()))
        yield made


@asynccontextmanager
async def program(world: World, *command: str, **environment: str) -> AsyncIterator[int]:
    """A bot as a process of its own, from its first question for updates on; gives its process id."""
    polls = asyncio.Event()
    world.telegram.faults.watch("getUpdates", "before", lambda _: polls.set())
    with (world.data_dir.parent / "log").open("ab") as log:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", *command, env=world.environment() | environment, stdout=log, stderr=log
        )
    try:
        await asyncio.wait_for(polls.wait(), START_SECONDS)
        yield process.pid
    except BaseException:
        print((world.data_dir.parent / "log").read_text()[-3000:], file=sys.stderr)
        raise
    finally:
        with suppress(ProcessLookupError):
            process.terminate()
            with suppress(TimeoutError):
                await asyncio.wait_for(process.wait(), STOP_SECONDS)
            process.kill()


def post(world: World, person: Person, message: Message) -> None:
    """Somebody sends what somebody has sent before: the stand-in has made its sizes and thumbnails already."""
    person.chat.started = True
    world.telegram.world.post(person.chat, person.user, message.content, files=message.files)
