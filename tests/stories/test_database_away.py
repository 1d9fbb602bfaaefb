"""PostgreSQL is stopped under the bot, and comes back: nobody is told, nothing is lost, and nothing is started anew."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
import sqlalchemy as sa
from pydantic import SecretStr
from sqlalchemy.ext.asyncio import create_async_engine

from bot.app import bot_running
from bot.sandbox.telegram import Person
from storage.database import DatabaseError, open_database
from storage.inbox import unhandled_updates
from storage.only_user import USER_LOCK
from tests.postgresql import PROGRAMS, Cluster, cluster
from tests.stories.conftest import BRISK, PORTRAIT, VOICE, World

pytestmark = [
    pytest.mark.skipif(not PROGRAMS, reason="there is no PostgreSQL on this machine"),
    # A connection whose server was killed is dropped as it is.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning"),
]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server() -> AsyncIterator[Cluster]:
    """A server for the tests of this module."""
    async with cluster() as made:
        yield made


@pytest.fixture
async def url(server: Cluster, request: pytest.FixtureRequest) -> str:
    """An empty database on it."""
    name = request.node.name.split("[")[0][:60]
    engine = create_async_engine(server.url, isolation_level="AUTOCOMMIT")
    async with engine.connect() as connection:
        await connection.execute(sa.text(f"CREATE DATABASE {name}"))
    await engine.dispose()
    return server.url.rpartition("/")[0] + f"/{name}"


async def test_who_sends_a_photo_and_a_voice_while_the_database_is_away_gets_the_video(
    world: World, alice: Person, server: Cluster, url: str
) -> None:
    async with bot_running(world.settings(database=SecretStr(url)), BRISK) as failed:
        alice.starts()
        await alice.sees("Hello")
        await server.stop()
        alice.sends_photo(PORTRAIT)
        voice = alice.sends_voice(VOICE)
        await asyncio.sleep(1.0)
        await server.start()
        video = await alice.sees_video(timeout=60)
        assert video.reply_to is not None
        assert video.reply_to.id == voice.id
        assert not failed.done()
    said = [message.text for message in world.telegram.chat_history(alice) if message.sender.is_bot]
    assert not [text for text in said if "wrong" in text or "again" in text], said
    assert len(world.emo.tasks) == 1
    world.ledger_is_whole = False  # it is on the server
    database = open_database(url)
    assert await unhandled_updates(database) == []
    await database.dispose()


async def test_a_render_under_way_waits_for_the_database_and_goes_on(
    world: World, alice: Person, server: Cluster, url: str
) -> None:
    world.emo.hold()
    async with bot_running(world.settings(database=SecretStr(url)), BRISK):
        alice.sends_photo(PORTRAIT)
        alice.sends_voice(VOICE)
        await alice.sees("Waiting for the service")
        await server.stop("fast")
        world.emo.release()
        await asyncio.sleep(1.0)
        await server.start()
        await alice.sees_video(timeout=60)
        await server.stop("immediate")
        await server.start()
        alice.sends("/status")
        await alice.sees("Nothing is in the works", timeout=60)
    assert len(world.emo.tasks) == 1
    world.ledger_is_whole = False


async def test_a_bot_that_starts_before_its_database_waits_for_it(
    world: World, alice: Person, server: Cluster, url: str
) -> None:
    await server.stop("fast")
    alice.starts()

    async def come_back() -> None:
        await asyncio.sleep(1.0)
        await server.start()

    coming = asyncio.create_task(come_back())
    async with bot_running(world.settings(database=SecretStr(url)), BRISK):
        await alice.sees("Hello")
    await coming


async def test_a_wrong_name_of_the_database_is_no_reason_to_wait(world: World, server: Cluster) -> None:
    wrong = server.url.rpartition("/")[0] + "/nothing_there"
    with pytest.raises(DatabaseError, match="DATABASE_URL"):
        async with bot_running(world.settings(database=SecretStr(wrong)), BRISK):
            pass


async def test_a_bot_whose_database_another_bot_has_taken_meanwhile_ends(
    world: World, alice: Person, server: Cluster, url: str
) -> None:
    other, server_engine = open_database(url), open_database(url)
    async with bot_running(world.settings(database=SecretStr(url)), BRISK) as failed, other.connect() as connection:
        alice.starts()
        await alice.sees("Hello")
        lock = sa.select(sa.func.pg_advisory_lock(USER_LOCK))
        waiting = asyncio.create_task(connection.execute(lock))  # it has the lock the moment that the bot has lost it
        async with server_engine.connect() as operator:
            holder = sa.text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
            while not (await operator.execute(holder)).scalar():
                await asyncio.sleep(0.05)
            await operator.execute(
                sa.text(
                    "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted "
                    "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
                )
            )
        await waiting
        with pytest.raises(DatabaseError, match="another emobot"):
            await asyncio.wait_for(failed, 60)
    await other.dispose()
    await server_engine.dispose()


async def test_a_bot_whose_lock_was_lost_takes_it_again(world: World, alice: Person, server: Cluster, url: str) -> None:
    other = open_database(url)
    async with bot_running(world.settings(database=SecretStr(url)), BRISK) as failed:
        await server.stop()
        await server.start()
        alice.starts()
        await alice.sees("Hello")
        taken = sa.text(
            "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted "
            "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        )
        async with asyncio.timeout(60), other.connect() as connection:
            while not (await connection.execute(taken)).scalar():
                await asyncio.sleep(0.05)
        assert not failed.done()
    await other.dispose()
