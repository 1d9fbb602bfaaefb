"""Two accounts against one, each of which runs one task at a time: how many videos a minute.

The bot is a process of its own with `MAX_IN_FLIGHT` as it is by default; a task takes a second and a half at the
stand-in, whatever its video. Counted is from the first videos in their chats, one of each account, to the last.
Run: `python -m benchmarks.bench_accounts`; it takes about a minute.
"""

import asyncio
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from benchmarks.stand_ins import post, program, worlds
from benchmarks.table import Row, report
from bot.sandbox.telegram import Person
from tests.stories.conftest import KEYS, PORTRAIT, World, brief_voice

PEOPLE = 8
VOICE_SECONDS = 1.5
TASK_SECONDS = 1.5
GOAL = 1.9
LONGEST = 120.0


async def measure(world: World, keys: str) -> float:
    """Videos a minute."""
    somebody = world.telegram.person("Somebody")
    photo, voice = somebody.sends_photo(PORTRAIT), somebody.sends_voice(brief_voice(VOICE_SECONDS))
    world.telegram.world.feed.waiting.clear()
    people = [world.telegram.person(f"Person {number}") for number in range(PEOPLE)]
    async with program(world, "bot", "run", LOG_LEVEL="WARNING", DASHSCOPE_API_KEY=keys):
        for person in people:
            post(world, person, photo)
        await everybody(people, lambda person: person.sees("Good photo|I have your photo"))
        came = list[float]()

        async def gets_a_video(person: Person) -> None:
            await person.sees_video(timeout=LONGEST)
            came.append(time.monotonic())

        for person in people:
            post(world, person, voice)
        await everybody(people, gets_a_video)
    by_account = [sum(task.account == place for task in world.emo.tasks.values()) for place in range(len(KEYS))]
    accounts = len(by_account) - by_account.count(0)
    took = came[-1] - came[accounts - 1]
    print(f"{accounts} account(s): {by_account} tasks, all but the first in {took:.1f} s", flush=True)
    return (PEOPLE - accounts) / took * 60


async def everybody(people: list[Person], see: Callable[[Person], Awaitable[object]]) -> None:
    """Wait until all have seen something."""
    await asyncio.gather(*(see(person) for person in people))


async def compare() -> tuple[float, float]:
    """Videos a minute with one account, and with two."""
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as two:
        pace = TASK_SECONDS / VOICE_SECONDS
        async with worlds(Path(one), Path(two), api_keys=KEYS, seconds_per_video_second=pace) as (alone, pair):
            single = await measure(alone, KEYS[0])
            return single, await measure(pair, ",".join(f"account-{place}:{key}" for place, key in enumerate(KEYS)))


def main() -> int:
    """Measure both and print; 1 when the goal was missed."""
    one, two = asyncio.run(compare())
    said = f"{two:.1f} videos a minute"
    return report([Row("two accounts", said, f"one: {one:.1f}", two / one, GOAL, at_least=True)])


if __name__ == "__main__":
    sys.exit(main())
