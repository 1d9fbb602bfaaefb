"""A run: the bot as a process, many people who each send it one hostile file, and what came of it."""

import asyncio
import time
from collections.abc import Iterable
from pathlib import Path

import aiohttp

from bot.sandbox.emo import Engine
from bot.sandbox.telegram import TelegramServer
from bot.sandbox.telegram.message import Message
from tests.faults.run import API_KEY, outside
from tests.hostile.answers import is_notice, name_answer
from tests.hostile.draw import Hostile, draw
from tests.hostile.good import good
from tests.hostile.pointers import Targets
from tests.hostile.report import Aftermath, FileAnswer, Report, write_report
from tests.hostile.send import send
from tests.hostile.watch import Watch, canary, children_of, decoders_of
from tests.ports import port_of_its_own
from tests.stories.conftest import PORTRAIT, BotProcess, World, brief_voice

LONGEST_WAIT = 90.0
"""Seconds after which no answer will come."""
WAS_HERE = Path("/tmp/emobot-was-here")
NO_DAY = {"DAILY_MB": "1000000"}
"""Every file is to be read, however many they are."""
WARM = 0.1
"""Share of the files after which the bot's memory is taken as a beginning."""


class Crowd:
    """Strangers, each with a chat of their own and one file."""

    def __init__(self, telegram: TelegramServer, seed: int, targets: Targets, folder: Path) -> None:
        self.answers: list[FileAnswer] = []
        self._telegram = telegram
        self._seed = seed
        self._targets = targets
        self._failed = folder / "failed"
        self._waiting: dict[int, asyncio.Future[tuple[Message, float]]] = {}

    async def hear(self) -> None:
        """Hear the answers of all chats, until cancelled."""
        async for event in self._telegram.events():
            message = event.message
            if event.kind == "new" and message is not None and message.sender.is_bot and not is_notice(message.text):
                waiting = self._waiting.get(message.chat.id)
                if waiting is not None and not waiting.done():
                    waiting.set_result((message, event.at))

    async def play(self, numbers: Iterable[int], at_once: int) -> None:
        """Let the strangers come, some at a time."""
        left = iter(numbers)

        async def come() -> None:
            for number in left:
                self._note(await self._send(await asyncio.to_thread(draw, self._seed, number, self._targets)))

        await asyncio.gather(*(come() for _ in range(at_once)))

    async def _send(self, file: Hostile) -> FileAnswer:
        person = self._telegram.person(f"Stranger {file.number}")
        answered: asyncio.Future[tuple[Message, float]] = asyncio.get_running_loop().create_future()
        self._waiting[person.chat.id] = answered
        sent, began = send(person, file), time.time()
        try:
            async with asyncio.timeout(LONGEST_WAIT):
                answer, at = await answered
        except TimeoutError:
            return FileAnswer(file, None, LONGEST_WAIT)
        finally:
            del self._waiting[person.chat.id]
            sent.media_path.unlink(missing_ok=True)
        return FileAnswer(file, name_answer(answer.text), at - began, answer.text)

    def _note(self, answer: FileAnswer) -> None:
        """Count an answer, and keep the file if it was not right."""
        self.answers.append(answer)
        if answer.wrong:
            self._failed.mkdir(exist_ok=True)
            file = answer.file
            (self._failed / f"{file.number}.bin").write_bytes(file.data)
            what = [str(file), f"name {file.name!r}", f"type {file.mime!r}", f"seconds {file.seconds}", answer.wrong]
            (self._failed / f"{file.number}.txt").write_text("\n".join((*what, answer.words)) + "\n", errors="replace")
            print(f"BROKEN: {file}: {answer.wrong}", flush=True)


async def run(seed: int, numbers: range, folder: Path, *, at_once: int = 6, engine: Engine | None = None) -> Report:
    """Send the files of these numbers.

    Args:
        folder: empty; keeps the bot's data, its log, and files that were not answered as they should be.
        at_once: files at a time.
        engine: warm processes of the EMO service.
    """
    began = time.monotonic()
    secret = folder / "secret.ogg"
    secret.write_bytes(good("ogg"))
    WAS_HERE.unlink(missing_ok=True)
    async with outside(2, engine) as (telegram, emo), canary(good("ogg")) as (address, visits):
        world = World(telegram, emo, folder / "data", port_of_its_own())
        process = BotProcess(world)
        await process.start(DASHSCOPE_API_KEY=API_KEY, **NO_DAY)
        try:
            after = await _play(
                world, process, Crowd(telegram, seed, Targets(address, str(secret)), folder), numbers, at_once
            )
            after.visits = visits
        finally:
            process.kill()
            await process.stopped()
        after.faults += [f"the Bot API's table: {violation}" for violation in telegram.violations]
    after.log, after.seconds = process.log, time.monotonic() - began
    after.leaks = leaks_in(folder / "data")
    after.scratch = len(list((folder / "data" / "objects" / "scratch").iterdir()))
    return write_report(after)


async def _play(world: World, process: BotProcess, crowd: Crowd, numbers: range, at_once: int) -> Aftermath:
    """Everything while the bot lives."""
    child = process._process
    assert child is not None
    watch = Watch(child.pid)
    health = f"http://127.0.0.1:{world.port}/health"
    await _healthy(world, health)
    tasks = [asyncio.create_task(watch.run()), asyncio.create_task(crowd.hear())]
    try:
        warm = round(len(numbers) * WARM) or 1
        await crowd.play(numbers[:warm], at_once)
        watch.begin()
        decoder_servers = children_of(child.pid)
        await crowd.play(numbers[warm:], at_once)
        video = await makes_video(world)
        after = Aftermath(0.0, watch, video=video, answers=crowd.answers)
        if decoder_servers and children_of(child.pid) != decoder_servers:
            after.faults.append("the decoder server died")
        if child.returncode is not None:
            after.faults.append(f"the bot died with status {child.returncode}")
        elif await world.status_of(health) != 200:
            after.faults.append("the bot is not well")
        after.decoders = len(decoders_of(child.pid))
        tasks[0].cancel()
        await asyncio.sleep(0)
        watch.look()
        if child.returncode is None and (status := await process.stop()):
            after.faults.append(f"the bot stopped with status {status}")
        if any(Path(f"/proc/{decoder_server}").exists() for decoder_server in decoder_servers):
            after.faults.append("the decoder server outlived the bot")
        return after
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _healthy(world: World, health: str) -> None:
    """Wait until the bot is up."""
    async with asyncio.timeout(60):
        while True:
            try:
                if await world.status_of(health) == 200:
                    return
            except aiohttp.ClientError:
                pass
            await asyncio.sleep(0.1)


async def makes_video(world: World) -> bool:
    """Whether a good photo and a good voice still become a video."""
    alice = world.person("Alice")
    alice.sends_photo(PORTRAIT)
    alice.sends_voice(brief_voice())
    try:
        await alice.sees_video()
    except AssertionError as error:
        print(error)
        return False
    return True


def leaks_in(data: Path) -> list[str]:
    """Files of the bot that hold this machine's `/etc/passwd`, and traces of a command that was run."""
    line = Path("/etc/passwd").read_bytes().splitlines()[0]
    found = [str(path) for path in data.rglob("*") if path.is_file() and line in path.read_bytes()]
    return found + ([str(WAS_HERE)] if WAS_HERE.exists() else [])
