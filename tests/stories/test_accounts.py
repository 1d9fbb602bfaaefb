"""Several accounts at the service: each has its own running tasks, its own trouble, and its own bill."""

import asyncio
from collections import Counter
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from pydantic import SecretStr
from structlog.testing import capture_logs

from bot.sandbox.faults import Fault
from bot.sandbox.telegram import Person
from storage.database import open_database
from storage.spending import entries, sums
from tests.stories.conftest import BRISK, KEYS, PORTRAIT, World, brief_voice
from tests.stories.test_lost_submits import other_portrait

BOTH, TURNED_ROUND = SecretStr(f"one:{KEYS[0]},two:{KEYS[1]}"), SecretStr(f"two:{KEYS[1]},one:{KEYS[0]}")
FIRST, SECOND = SecretStr(f"one:{KEYS[0]}"), SecretStr(f"two:{KEYS[1]}")
WAYS: list[dict[str, Any]] = [{}, {"engine": "s2v", "public_url": None, "hosting": "upload"}]

PASSED_OVER = "an account is passed over until this is mended"
KEY_MISSING = "tasks wait for the key of their account"


def people(world: World, *names: str) -> list[Person]:
    return [world.person(name) for name in names]


async def have_photos(*persons: Person) -> None:
    """Everybody's photo is looked at."""
    for person in persons:
        person.sends_photo(PORTRAIT)
        await person.sees("Good photo|I have your photo")


def at_work(world: World) -> Counter[int]:
    """How many tasks each account has that are not over."""
    return Counter(task.account for task in world.emo.tasks.values() if task.ended_at is None)


async def until_at_work(world: World, *numbers: int) -> None:
    """Wait until each account has so many tasks that are not over."""
    async with asyncio.timeout(60):
        while [at_work(world)[place] for place in range(2)] != [*numbers]:
            await asyncio.sleep(0.05)


async def until_told(log: list[Any], word: str) -> None:
    """Wait until the operator is told something."""
    async with asyncio.timeout(60):
        while word not in [line["event"] for line in log]:
            await asyncio.sleep(0.05)


async def bills(world: World) -> dict[str, Decimal]:
    """What the ledger says of each account."""
    database = open_database(world.settings().database_url)
    try:
        found = sums(await entries(database, "2000-01"), lambda entry: entry.account)
    finally:
        await database.dispose()
    return {name: each.amount for name, each in found.items()}


def billed(world: World) -> list[Decimal]:
    """What the service has charged each account."""
    return [sum((entry.amount for entry in account.bill), Decimal(0)) for account in world.emo.accounts]


@pytest.mark.parametrize("way", WAYS, ids=["links", "upload"])
async def test_two_accounts_have_twice_the_tasks_of_one_and_a_bill_each(way: dict[str, Any], world: World) -> None:
    persons = people(world, "Alice", "Bob", "Carol", "Dave")
    world.emo.hold()
    async with world.bot(dashscope_api_key=BOTH, max_in_flight=1, **way):
        await have_photos(*persons)
        for person in persons:
            person.sends_voice(brief_voice())
        await until_at_work(world, 1, 1)
        await asyncio.gather(*(person.sees("next|In the queue") for person in persons))
        assert len(world.emo.tasks) == 2, "one for each account"
        world.emo.release()
        await asyncio.gather(*(person.sees_video() for person in persons))
    assert Counter(task.account for task in world.emo.tasks.values()) == {0: 2, 1: 2}
    assert await bills(world) == dict(zip(("one", "two"), billed(world), strict=True))


async def test_one_that_is_emptied_is_passed_over_and_comes_back_by_itself(world: World) -> None:
    alice, bob, *others = people(world, "Alice", "Bob", "Carol", "Dave")
    world.emo.hold()
    async with world.bot(dashscope_api_key=BOTH, max_in_flight=1):
        await have_photos(alice, bob, *others)
        for person in (alice, bob):
            person.sends_voice(brief_voice())
        await until_at_work(world, 1, 1)
        world.emo.accounts[0].standing = "arrears"
        with capture_logs() as log:
            world.emo.release()
            await asyncio.gather(alice.sees_video(), bob.sees_video())
            world.emo.hold()
            for person in others:
                person.sends_voice(brief_voice())
            await until_at_work(world, 0, 1)
            await until_told(log, PASSED_OVER)
            world.emo.release()
            await asyncio.gather(*(person.sees_video() for person in others))
            world.person("Eve").sends_photo(other_portrait())
            await world.person("Eve").sees("Good photo")
        told = [line for line in log if line["event"] == PASSED_OVER]
        assert [(line["account"], "pay what is due" in line["why"]) for line in told] == [("one", True)]
        assert not [line for line in log if line["event"] == "the service cannot be used just now"]
        assert not any(key in str(log) for key in KEYS)

        world.emo.accounts[0].standing = "good"
        for number in range(40):
            alice.sends_voice(brief_voice(1.6 + number / 10))
            await alice.sees_video()
            if sum(task.account == 0 for task in world.emo.tasks.values()) > 1:
                break
    assert sum(task.account == 0 for task in world.emo.tasks.values()) == 2, "it is tried again before the other one"
    assert await bills(world) == dict(zip(("one", "two"), billed(world), strict=True))


async def test_a_video_stays_with_the_account_that_has_its_task(world: World) -> None:
    """The other account knows nothing of it: each question, and a cancel, must carry the key of the right one."""
    alice, bob, carol, dave = people(world, "Alice", "Bob", "Carol", "Dave")
    world.emo.hold()
    async with world.bot(dashscope_api_key=BOTH, max_in_flight=2):
        await have_photos(alice, bob, carol, dave)
        cards = []
        for person in (alice, bob, carol, dave):
            person.sends_voice(brief_voice())
            cards.append(await person.sees("Waiting for the service"))
        await until_at_work(world, 2, 2)
    async with world.bot(dashscope_api_key=TURNED_ROUND, max_in_flight=2):
        for person, card in zip((carol, dave), cards[2:], strict=True):
            await person.presses(card, "Cancel")
        await until_at_work(world, 1, 1)
        world.emo.release()
        await asyncio.gather(alice.sees_video(), bob.sees_video())
    assert Counter(task.state for task in world.emo.tasks.values()) == {"SUCCEEDED": 2, "CANCELED": 2}


async def test_the_tasks_of_a_key_that_was_taken_away_wait_for_it_and_keep_nobody_from_anything(world: World) -> None:
    persons = people(world, "Alice", "Bob")
    world.emo.hold()
    async with world.bot(dashscope_api_key=BOTH, max_in_flight=1):
        await have_photos(*persons)
        for person in persons:
            person.sends_voice(brief_voice())
        await until_at_work(world, 1, 1)
    chats = {render.id: render.chat_id for render in await world.renders()}
    [waiting] = [chats[task.render_id] for task in await world.all_tasks() if task.account == "one"]
    stranded, other = sorted(persons, key=lambda person: person.chat.id != waiting)
    with capture_logs() as log:
        async with world.bot(dashscope_api_key=SECOND, max_in_flight=1):
            async with asyncio.timeout(60):
                while not (
                    told := [line for line in log if line["event"] == "tasks wait for the key of their account"]
                ):
                    await asyncio.sleep(0.05)
            await stranded.sees("Not now.*Nothing was lost")
            world.emo.release()
            await other.sees_video()
            stranded.sends_voice(brief_voice(2.0))
            await stranded.sees_video()
    told = [line for line in log if line["event"] == KEY_MISSING]
    assert [(line["account"], line["tasks"]) for line in told] == [("one", 1)]
    assert "DASHSCOPE_API_KEY" in told[0]["why"]
    async with world.bot(dashscope_api_key=BOTH, max_in_flight=1):
        await stranded.sees_video()
    assert len(world.emo.tasks) == 3
    assert await bills(world) == dict(zip(("one", "two"), billed(world), strict=True))


async def test_an_order_whose_answer_was_lost_holds_up_its_own_account_only(world: World) -> None:
    alice, bob = people(world, "Alice", "Bob")
    world.emo.hold()
    world.emo.faults.add(Fault("submit", drop="after"))
    async with world.bot(replace(BRISK, settling=600.0), dashscope_api_key=BOTH, max_in_flight=1):
        await have_photos(alice, bob)
        alice.sends_voice(brief_voice())
        async with asyncio.timeout(60):
            while not world.emo.tasks:
                await asyncio.sleep(0.05)
        bob.sends_voice(brief_voice())
        await until_at_work(world, 1, 1)
        world.emo.release()
        await asyncio.gather(alice.sees_video(), bob.sees_video())
    assert len(world.emo.tasks) == 2


async def test_a_lost_order_whose_key_was_taken_away_waits_for_it(world: World, alice: Person) -> None:
    world.emo.hold()
    world.emo.faults.add(Fault("submit", drop="after"))
    async with world.bot(dashscope_api_key=FIRST, max_in_flight=1):
        await have_photos(alice)
        alice.sends_voice(brief_voice())
        await world.task_that(lambda task: task.is_intent)
        async with asyncio.timeout(60):
            while not world.emo.tasks:
                await asyncio.sleep(0.05)
    async with world.bot(dashscope_api_key=SECOND, max_in_flight=1):
        await alice.sees("Not now.*Nothing was lost")
        alice.sends_photo(PORTRAIT)
        await alice.sees("Good photo")
        alice.sends_voice(brief_voice(2.0))
        await until_at_work(world, 1, 1)
        world.emo.release()
        await alice.sees_video()
    async with world.bot(dashscope_api_key=FIRST, max_in_flight=1):
        await alice.sees_video()
    assert len(world.emo.tasks) == 2
    assert (await world.all_tasks())[0].account == "one"


async def test_admins_hear_of_the_one_account_and_of_all_of_them(world: World, alice: Person) -> None:
    boss = world.person("Boss")
    boss.starts()
    one, two = world.emo.accounts
    one.standing = "arrears"
    async with world.bot(dashscope_api_key=BOTH, admins=(boss.user.id,)):
        await boss.sees("One account isn't used.*one: The account is empty")
        two.standing = "arrears"
        alice.sends_photo(PORTRAIT)
        await boss.sees("There are no videos until this is fixed.*two: ")
        one.standing = two.standing = "good"
        alice.sends_photo(PORTRAIT)
        await boss.sees("No longer the case: There are no videos")
