"""What one video costs the database, and SQLite beside PostgreSQL: statements, round trips, seconds.

A person who is known sends a photo, and then a voice; counted is from the photo's arrival to the video in the chat and
the tidying after it, DBOS's own statements included. PostgreSQL is asked where TEST_POSTGRES_URL names a server.
Run: `python -m benchmarks.bench_database`; it takes half a minute.
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
from pathlib import Path
from typing import Any

import sqlalchemy as sa
import structlog
from pydantic import SecretStr
from sqlalchemy.ext.asyncio import create_async_engine

from benchmarks.stand_ins import post, worlds
from benchmarks.table import Row, report
from bot.sandbox.telegram.message import Message
from tests.stories.conftest import PORTRAIT, World, brief_voice

TURNS = 5
SERVER = os.environ.get("TEST_POSTGRES_URL", "")
MOST_STATEMENTS = 200
LONGEST = 60.0


def count(counted: Counter[str]) -> None:
    """Count what every database connection of this process does."""
    for event in ("before_cursor_execute", "commit", "rollback"):
        sa.event.listen(sa.Engine, event, lambda *_, event=event: counted.update([event]))


@asynccontextmanager
async def database(folder: Path, kind: str) -> AsyncIterator[dict[str, Any]]:
    """Settings of a database of its own."""
    if kind == "SQLite":
        yield {"data_dir": folder / "data"}
        return
    name = f"bench_{secrets.token_hex(6)}"
    server = create_async_engine(SERVER, isolation_level="AUTOCOMMIT")
    async with server.connect() as connection:
        await connection.execute(sa.text(f"CREATE DATABASE {name}"))
    try:
        url = sa.make_url(SERVER).set(database=name).render_as_string(hide_password=False)
        yield {"data_dir": folder / "data", "database": SecretStr(url)}
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


async def measure(kind: str, folder: Path, counted: Counter[str]) -> tuple[int, int, float]:
    """Statements and round trips of a video (each statement is one, and each end of a transaction), and its seconds."""
    async with worlds(folder) as (world,), database(folder, kind) as settings:
        somebody = world.telegram.person("Somebody")
        photo, voice = somebody.sends_photo(PORTRAIT), somebody.sends_voice(brief_voice())
        world.telegram.world.feed.waiting.clear()
        async with world.bot(**settings):
            await turn(world, 0, photo, voice)
            seconds, statements, trips = [], [], []
            for number in range(1, TURNS + 1):
                counted.clear()
                seconds.append(await turn(world, number, photo, voice))
                statements.append(counted["before_cursor_execute"])
                trips.append(counted.total())
    return statistics.median_low(statements), statistics.median_low(trips), statistics.median(seconds)


def main() -> int:
    """Measure and print; 1 when the goal was missed."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    counted: Counter[str] = Counter()
    count(counted)
    found = {}
    for kind in ("SQLite", "PostgreSQL") if SERVER else ("SQLite",):
        with tempfile.TemporaryDirectory() as name:
            found[kind] = asyncio.run(measure(kind, Path(name), counted))
    rows = []
    for kind, (statements, trips, seconds) in found.items():
        said = f"{statements} statements, {trips} round trips"
        ratio = statements / MOST_STATEMENTS
        rows.append(Row(f"a video on {kind}", said, f"{MOST_STATEMENTS} statements", ratio, 1.0))
        beside = found["SQLite"][2]
        rows.append(Row(f"voice → video on {kind}", f"{seconds:.2f} s", f"SQLite: {beside:.2f} s", seconds / beside))
    return report(rows)


if __name__ == "__main__":
    sys.exit(main())
