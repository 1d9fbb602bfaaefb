"""The same on PostgreSQL: where TEST_POSTGRES_URL names a server, each story gets a database of its own there."""

import os
import secrets
from collections.abc import AsyncIterator

import pytest
import sqlalchemy as sa
from pydantic import SecretStr
from sqlalchemy.ext.asyncio import create_async_engine

from bot.app import bot_running
from bot.sandbox.telegram import Person
from storage.database import open_database
from storage.ledger import spent
from tests.stories.conftest import PORTRAIT, VOICE, World

SERVER = os.environ.get("TEST_POSTGRES_URL", "")

pytestmark = pytest.mark.skipif(
    not SERVER, reason="PostgreSQL is not tried: set TEST_POSTGRES_URL=postgresql+psycopg://user@127.0.0.1/name"
)


@pytest.fixture
async def database() -> AsyncIterator[str]:
    """The URL of an empty database."""
    name = f"story_{secrets.token_hex(6)}"
    server = create_async_engine(SERVER, isolation_level="AUTOCOMMIT")
    async with server.connect() as connection:
        await connection.execute(sa.text(f"CREATE DATABASE {name}"))
    try:
        yield sa.make_url(SERVER).set(database=name).render_as_string(hide_password=False)
    finally:
        async with server.connect() as connection:
            await connection.execute(sa.text(f"DROP DATABASE {name} WITH (FORCE)"))
        await server.dispose()


async def test_a_bot_on_postgresql_makes_the_video_and_goes_on_after_a_restart(
    world: World, alice: Person, database: str
) -> None:
    settings = world.settings(database=SecretStr(database))
    world.emo.hold()
    async with bot_running(settings):
        alice.sends_photo(PORTRAIT)
        alice.sends_voice(VOICE)
        await alice.sees("Waiting for the service")
    async with bot_running(settings):
        world.emo.release()
        await alice.sees_video()
        alice.sends_voice(VOICE)
        await alice.sees_video()
    assert len(world.emo.tasks) == 1
    world.ledger_is_whole = False  # that of SQLite, which is looked at by itself, is another one
    on_server = open_database(settings.database_url)
    assert await spent(on_server) == sum(entry.amount for entry in world.emo.bill)
    await on_server.dispose()
