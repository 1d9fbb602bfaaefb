"""One of several bots reaches the database, and not what it needs outside: another one goes on with everything."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from bot.sandbox.telegram import Person
from tests.stories.conftest import PORTRAIT, World, brief_voice
from tests.stories.fleet import ON_A_SERVER, Bot, Fleet, Pipe, all_ask, place_of

pytestmark = ON_A_SERVER

GOES = "cannot be reached from here; other machines"
WAITS = "this one joins them when it reaches what they do"


class Ways:
    """The ways of one bot to Telegram and to the service."""

    def __init__(self, world: World) -> None:
        self.telegram, self.service = Pipe(place_of(world.telegram.url)), Pipe(place_of(world.emo.url))

    def cut(self) -> None:
        """Let nothing through."""
        self.telegram.cut()
        self.service.cut()

    def mend(self) -> None:
        """Let everything through again."""
        self.telegram.mend()
        self.service.mend()

    @property
    def settings(self) -> dict[str, str]:
        """What leads a bot on these ways."""
        return {
            "TELEGRAM_API_URL": f"http://127.0.0.1:{self.telegram.port}",
            "DASHSCOPE_BASE_URL": f"http://127.0.0.1:{self.service.port}",
        }


@asynccontextmanager
async def ways_out(world: World) -> AsyncIterator[Ways]:
    """Ways that a story can cut."""
    ways = Ways(world)
    async with AsyncExitStack() as stack:
        for pipe in (ways.telegram, ways.service):
            await stack.enter_async_context(pipe)
        yield ways


async def add(fleet: Fleet, ways: Ways, **changes: str) -> Bot:
    """Start a bot that goes out by its own ways."""
    return await fleet.add("tests.stories.brisk_bot", **ways.settings, **changes)


async def says(bot: Bot, words: str) -> None:
    """Wait until a bot has logged something."""
    async with asyncio.timeout(90):
        while words not in bot.log:
            await asyncio.sleep(0.1)


async def test_the_renders_of_a_bot_that_reaches_only_the_database_go_on_on_another_one(
    fleet: Fleet, world: World, alice: Person
) -> None:
    async with ways_out(world) as ways, ways_out(world) as others:
        first, second = await add(fleet, ways), await add(fleet, others)
        people = [world.person(f"Person {number}") for number in range(3)]
        world.emo.hold()
        all_ask(people)
        await people[0].sees("Waiting for the service")
        ways.cut()
        world.emo.release()
        for person in people:
            await person.sees_video(timeout=120)
        await says(first, GOES)
        await says(first, WAITS)
        alice.sends("/status")  # the first one led: the second one asks Telegram now
        await alice.sees("Nothing is in the works")
        await fleet.settled()
        assert len(await fleet.names()) == 1
        ways.mend()
        async with asyncio.timeout(90):
            while len(await fleet.names()) < 2:
                await asyncio.sleep(0.1)
        assert GOES not in second.log
        assert [world.videos(person) for person in people] == [1, 1, 1]
        assert world.videos_paid() == 3
        assert await fleet.ledger_is_the_bill()


async def test_a_leader_that_loses_telegram_alone_leads_no_more_and_the_admins_hear_of_it(
    fleet: Fleet, world: World, alice: Person
) -> None:
    boss = world.person("Boss")
    boss.starts()
    async with ways_out(world) as ways, ways_out(world) as others:
        first, _ = [await add(fleet, each, ADMINS=str(boss.user.id)) for each in (ways, others)]
        ways.telegram.cut()
        alice.sends("/status")
        await alice.sees("Nothing is in the works", timeout=90)
        assert f"Telegram {GOES}" in first.log
        told = f"The machine .*:{first.pid} does not reach: Telegram. Others have taken over its videos"
        await boss.sees(f"^{told}", timeout=90)
        ways.telegram.mend()
        await boss.sees(f"^No longer the case: {told}", timeout=90)
        said = [message.text for message in world.telegram.chat_history(boss)]
        assert sum("does not reach" in text for text in said) == 2, "once, and once that it has passed"


async def test_who_loses_what_everybody_has_lost_waits_with_them(fleet: Fleet, world: World, alice: Person) -> None:
    async with ways_out(world) as ways, ways_out(world) as others:
        first, second = await add(fleet, ways), await add(fleet, others)
        before = await fleet.names()
        alice.sends_photo(PORTRAIT)
        await alice.sees("Good photo")
        ways.cut()
        others.cut()
        async with asyncio.timeout(60):
            missed = "SELECT count(*) AS number FROM machines WHERE misses = 'Telegram,the service'"
            while await fleet.read(missed) != [{"number": 2}]:
                await asyncio.sleep(0.1)
        await asyncio.sleep(12)  # longer than one alone would be given
        ways.mend()
        others.mend()
        alice.sends_voice(brief_voice())
        await alice.sees_video(timeout=90)
        await fleet.settled()
        assert await fleet.names() == before
        assert GOES not in first.log + second.log
        assert world.videos_paid() == 1
