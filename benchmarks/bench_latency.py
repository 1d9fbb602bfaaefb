"""From the last input to the accepted submit, and from the end of the task to the video in the chat.

Against `benchmarks.straight_line`, which makes the same calls and keeps nothing. Each is a process of its own with a
Telegram and an EMO service of its own that answer at once; they take turns, person by person. A task has ended when
the poll is answered that says so: how late that is asked is what `bench_polls` measures.
Run: `python -m benchmarks.bench_latency`; it takes about a minute.
"""

import asyncio
import statistics
import sys
import tempfile
import time
from contextlib import AsyncExitStack
from pathlib import Path

from aiohttp import web

from benchmarks.stand_ins import post, program, worlds
from benchmarks.table import Row, report
from bot.sandbox.telegram.message import Message
from tests.media.samples import recorded, speech
from tests.stories.conftest import PORTRAIT, World

TURNS = 5
SECONDS = 13.93
"""Of the voice: the vendor's own example."""
GOAL = 2.0
LONGEST = 20.0


class Watched:
    """A bot, seen from outside: when its submits are taken, its tasks are said to be done, and its videos come."""

    def __init__(self, world: World, voice: Path) -> None:
        self.world = world
        somebody = world.telegram.person("Somebody")
        self._photo, self._voice = somebody.sends_photo(PORTRAIT), somebody.sends_voice(voice)
        world.telegram.world.feed.waiting.clear()
        self._submitted = self._done = 0.0
        world.emo.faults.watch("submit", "after", self._note_submit)
        world.emo.faults.watch("poll", "after", self._note_poll)

    def _note_submit(self, _: web.Request) -> None:
        self._submitted = time.monotonic()

    def _note_poll(self, request: web.Request) -> None:
        if self.world.emo.tasks[request.match_info["task_id"]].state == "SUCCEEDED":
            self._done = time.monotonic()

    async def turn(self, number: int) -> tuple[float, float]:
        """One person's video; returns the seconds of both ways."""
        person = self.world.telegram.person(f"Person {number}")
        came: asyncio.Queue[Message] = asyncio.Queue()

        async def read() -> None:
            async for event in self.world.telegram.events():
                message = event.message
                if event.kind == "new" and message and message.sender.is_bot and message.chat.id == person.chat.id:
                    came.put_nowait(message)

        reading = asyncio.create_task(read())
        try:
            async with asyncio.timeout(LONGEST):
                post(self.world, person, self._photo)
                while "Good photo" not in (await came.get()).text:
                    pass
                await asyncio.sleep(0.5)  # all that followed the answer is over
                began = time.monotonic()
                post(self.world, person, self._voice)
                while (await came.get()).media != "video":
                    pass
                arrived = time.monotonic()
            await asyncio.sleep(0.5)
            return self._submitted - began, arrived - self._done
        finally:
            reading.cancel()


async def measure(ours: Path, theirs: Path) -> list[tuple[tuple[float, float], tuple[float, float]]]:
    """Both, in turns; the first one warms up."""
    async with worlds(ours, theirs) as (bot, line), AsyncExitStack() as stack:
        voice = recorded(speech(SECONDS), ours / "voice.ogg")
        watched = Watched(bot, voice), Watched(line, voice)
        await stack.enter_async_context(program(bot, "bot", "run", LOG_LEVEL="WARNING"))
        await stack.enter_async_context(program(line, "benchmarks.straight_line"))
        return [(await watched[0].turn(number), await watched[1].turn(number)) for number in range(TURNS + 1)][1:]


def main() -> int:
    """Measure and print; 1 when a goal was missed."""
    with tempfile.TemporaryDirectory() as ours, tempfile.TemporaryDirectory() as theirs:
        turns = asyncio.run(measure(Path(ours), Path(theirs)))
    rows = []
    for way, what in enumerate(("last input → submit accepted", "task done → video in chat")):
        mine, line = (statistics.median(turn[side][way] for turn in turns) * 1000 for side in (0, 1))
        ratio = statistics.median(turn[0][way] / turn[1][way] for turn in turns)
        rows.append(Row(what, f"{mine:.0f} ms", f"straight line, nothing durable: {line:.0f} ms", ratio, GOAL))
    return report(rows)


if __name__ == "__main__":
    sys.exit(main())
