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
from storage.inbox import take_left
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
    assert await take_left(database, "next") == []
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
