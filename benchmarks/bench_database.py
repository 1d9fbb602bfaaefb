"""What one video costs the database, and SQLite beside PostgreSQL: statements, words about transactions, seconds.

A person who is known sends a photo, and then a voice; counted is from the photo's arrival to the video in the chat and
the tidying after it, DBOS's own statements included, less what an idle bot asks in the same time. What goes to
PostgreSQL is counted at the wire, where TEST_POSTGRES_URL names a server.
Run: `python -m benchmarks.bench_database`; it takes a minute.
"""

import asyncio
import logging
import os
import secrets
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa
import structlog
from pydantic import SecretStr
from sqlalchemy.ext.asyncio import create_async_engine

from benchmarks.stand_ins import post, worlds
from benchmarks.table import Row, report
from benchmarks.wire import WireCounter
from bot.render.timing import Timing
from bot.sandbox.telegram.message import Message
from tests.stories.conftest import PORTRAIT, World, brief_voice

TURNS = 3
IDLE_SECONDS = 4.0
SERVER = os.environ.get("TEST_POSTGRES_URL", "")
MOST = {"statement": 105, "word": 94}
"""Half of what a video took on PostgreSQL before both were counted: 211 and 189."""
LONGEST = 60.0
EVENTS = {"before_cursor_execute": "statement", "commit": "word", "rollback": "word"}


@dataclass(frozen=True)
class Cost:
    """Of a video: how much it asks of the database, and the seconds from the voice to the chat."""

    asked: Counter[str]
    seconds: float


def count(counted: Counter[str]) -> None:
    """Count what every database connection of this process does."""
    for event, what in EVENTS.items():
        sa.event.listen(sa.Engine, event, lambda *_, what=what: counted.update([what]))


@asynccontextmanager
async def database(folder: Path, kind: str, counted: Counter[str]) -> AsyncIterator[dict[str, Any]]:
    """Settings of a database of its own, where what is asked is counted."""
    if kind == "SQLite":
        count(counted)
        yield {"data_dir": folder / "data"}
        return
    name = f"bench_{secrets.token_hex(6)}"
    server = create_async_engine(SERVER, isolation_level="AUTOCOMMIT")
    async with server.connect() as connection:
        await connection.execute(sa.text(f"CREATE DATABASE {name}"))
    wire = WireCounter(sa.make_url(SERVER).set(database=name), counted)
    try:
        with wire.running() as url:
            yield {"data_dir": folder / "data", "database": SecretStr(url.render_as_string(hide_password=False))}
    finally:
        async with server.connect() as connection:
            await connection.execute(sa.text(f"DROP DATABASE {name} WITH (FORCE)"))
        await server.dispose()


async def turn(world: World, number: int, photo: Message, voice: Message) -> float:
    """Seconds from a voice to its video, for a person whose photo is there."""
    person = world.telegram.person(f"Person {number}")
    post(world, person, photo)
    await person.sees("Good photo")
    began = time.monotonic()
    post(world, person, voice)
    await person.sees_video(timeout=LONGEST)
    took = time.monotonic() - began
    await asyncio.sleep(1.0)  # the card goes, and the links die
    return took


async def measure(kind: str, folder: Path) -> Cost:
    """Let some people have a video, and an idle bot be idle."""
    counted: Counter[str] = Counter()
    async with worlds(folder) as (world,), database(folder, kind, counted) as settings:
        somebody = world.telegram.person("Somebody")
        photo, voice = somebody.sends_photo(PORTRAIT), somebody.sends_voice(brief_voice())
        world.telegram.world.feed.waiting.clear()
        async with world.bot(Timing(), **settings):
            await turn(world, 0, photo, voice)
            counted.clear()
            await asyncio.sleep(IDLE_SECONDS)
            idle = {what: number / IDLE_SECONDS for what, number in counted.items()}
            print(f"{kind}, idle, a second: {idle}", flush=True)
            seconds, asked = [], []
            for number in range(1, TURNS + 1):
                counted.clear()
                began = time.monotonic()
                seconds.append(await turn(world, number, photo, voice))
                took = time.monotonic() - began
                asked.append({what: round(of - idle.get(what, 0.0) * took) for what, of in counted.items()})
    medians = {what: statistics.median_low(each[what] for each in asked) for what in asked[0]}
    return Cost(Counter(medians), statistics.median(seconds))


def main() -> int:
    """Measure and print; 1 when a goal was missed."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    found = {}
    for kind in ("PostgreSQL", "SQLite") if SERVER else ("SQLite",):
        with tempfile.TemporaryDirectory() as name:
            found[kind] = asyncio.run(measure(kind, Path(name)))
    rows, beside = [], found["SQLite"].seconds
    for kind, cost in found.items():
        trips = f" in {cost.asked['trip']} round trips" if cost.asked["trip"] else ""
        for what, said in (("statement", f"statements{trips}"), ("word", "words about transactions")):
            number, most = cost.asked[what], MOST[what]
            rows.append(Row(f"a video on {kind}", f"{number} {said}", f"{most}", number / most, 1.0))
        rows.append(
            Row(f"voice → video on {kind}", f"{cost.seconds:.2f} s", f"SQLite: {beside:.2f} s", cost.seconds / beside)
        )
    return report(rows)


if __name__ == "__main__":
    sys.exit(main())
