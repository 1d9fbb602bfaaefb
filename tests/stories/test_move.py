"""`emobot move`: a bot leaves its machine for a PostgreSQL and a bucket, whole, whatever happens on the way."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from bot.process import only_process
from bot.sandbox.telegram import Person
from storage.bucket import BucketAddress
from storage.database import open_database
from storage.ledger import spent
from storage.moving_rows import Unmoved, copy_rows
from storage.shelves import BucketShelf
from storage.store import sha_in
from storage.tables import links, metadata, people
from tests.seaweed import KEY, SECRET, address, needs_s3, s3_server
from tests.storage.conftest import POSTGRES_URL, no_postgres
from tests.stories.conftest import PORTRAIT, World, brief_voice, run_once

__all__ = ["address", "s3_server"]

pytestmark = [needs_s3, no_postgres]

ROOT = Path(__file__).parents[2]


@pytest.fixture
async def new_database() -> AsyncIterator[str]:
    """An empty database on the server of the tests."""
    assert POSTGRES_URL is not None
    name = f"moved_{os.urandom(6).hex()}"
    server = sa.create_engine(POSTGRES_URL, isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.execute(sa.text(f"CREATE DATABASE {name}"))
    yield sa.make_url(POSTGRES_URL).set(database=name).render_as_string(hide_password=False)
    with server.connect() as connection:
        connection.execute(sa.text(f"DROP DATABASE {name} WITH (FORCE)"))
    server.dispose()


@pytest.fixture
def target(new_database: str, address: BucketAddress) -> dict[str, str]:
    """The settings of the place to move to."""
    return {
        "DATABASE_URL": new_database,
        "OBJECTS_URL": str(address),
        "AWS_ENDPOINT_URL": str(address.endpoint),
        "AWS_ACCESS_KEY_ID": KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_ALLOW_HTTP": "true",
    }


def start_move(folder: Path, target: dict[str, str]) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "bot", "move"],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "DATA_DIR": str(folder / "data"), **target},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


async def end_of(process: "subprocess.Popen[str]") -> tuple[int, str]:
    """What it came to, and what it said."""
    said, wrong = await asyncio.to_thread(process.communicate, timeout=120)
    return process.returncode, said + wrong


async def test_a_video_that_is_made_meanwhile_arrives_from_the_new_place_and_is_paid_once(
    world: World, alice: Person, target: dict[str, str], address: BucketAddress, new_database: str
) -> None:
    world.emo.hold()
    async with world.bot():
        alice.sends_photo(PORTRAIT)
        await alice.sees("Good photo")
        alice.sends_voice(brief_voice())
        await world.task_states("PENDING")
        await world.task_that(lambda task: task.task_id is not None)
        kept = {path.parent.name + path.stem for path in world.objects()}
    with only_process(world.data_dir):
        status, said = await end_of(start_move(world.data_dir.parent, target))
    assert (status, "another emobot uses" in said) == (1, True)

    # Killed wherever it is, and called again.
    for seconds in (0.8, 1.4, 2.0, 2.6):
        moving = start_move(world.data_dir.parent, target)
        await asyncio.sleep(seconds)
        moving.send_signal(signal.SIGKILL)
        await end_of(moving)
    status, said = await end_of(start_move(world.data_dir.parent, target))
    assert status == 0, said
    assert "counts and contents are the same" in said or not (world.data_dir / "emobot.db").exists()
    assert not list(world.data_dir.glob("emobot.db")) + list(world.data_dir.glob("objects"))
    assert {sha_in(name) for name in BucketShelf(address).names()} == kept

    settings: dict[str, Any] = {name.lower(): value for name, value in target.items()}
    async with world.bot(**{"database": settings.pop("database_url"), **settings}):
        world.emo.release()
        await alice.sees_video()
        alice.sends_voice(brief_voice(2.0))
        await alice.sees_video()
    assert (world.detects_paid(), world.videos_paid(), world.videos(alice)) == (1, 2, 2)
    world.ledger_is_whole = False  # it is elsewhere now
    database = open_database(new_database)
    assert await spent(database) == sum(entry.amount for entry in world.emo.bill)
    await database.dispose()


async def test_other_rows_are_not_written_over_and_a_difference_is_found(tmp_path: Path, new_database: str) -> None:
    await asyncio.to_thread(asyncio.run, run_once(tmp_path / "data"))
    source, target = sa.create_engine(f"sqlite:///{tmp_path}/data/emobot.db"), sa.create_engine(new_database)
    metadata.create_all(target)
    with source.begin() as theirs:
        theirs.execute(sa.insert(people), {"user_id": 5, "told_at": 1.5})
    with source.connect() as theirs:
        with target.begin() as ours:
            assert copy_rows(theirs, ours)["people"] == 1
        with target.begin() as ours:
            assert copy_rows(theirs, ours)["people"] == 1, "killed after that, it is called again"
        with target.begin() as ours:
            ours.execute(sa.update(people).values(told_at=1.25))
        with pytest.raises(Unmoved, match="other rows in its table people"), target.begin() as ours:
            copy_rows(theirs, ours)
        with target.begin() as ours:
            for table in reversed(metadata.sorted_tables):
                ours.execute(sa.delete(table))
            ours.execute(
                sa.insert(links),
                {"key": "k", "sha": "a" * 64, "extension": "jpg", "created_at": 1.0, "expires_at": 2.0},
            )
        with pytest.raises(Unmoved, match="name an empty database"), target.begin() as ours:
            copy_rows(theirs, ours)
    source.dispose()
    target.dispose()
