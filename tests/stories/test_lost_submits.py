"""Submits whose answers are lost: the next person is not asked for what happened to another."""

import asyncio
import io
import json
from dataclasses import replace
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from PIL import Image

from bot.sandbox.emo.dialect import RELAY, page
from bot.sandbox.faults import Fault
from bot.sandbox.telegram import Person
from storage.renders import Stage
from tests.stories.conftest import BRISK, BY_EACH_ENGINE, PORTRAIT, World, brief_voice
from tests.stories.test_paid import gateway


async def orders_a_video(person: Person) -> None:
    person.sends_photo(PORTRAIT)
    await person.sees("Good photo|I have your photo")
    person.sends_voice(brief_voice())


@BY_EACH_ENGINE
async def test_a_task_that_nobody_claims_makes_no_later_submit_uncertain(
    bot: None, world: World, alice: Person
) -> None:
    async def order_a_second(request: web.Request) -> None:
        """Somebody else with the same account orders the same just now, so nobody can tell whose is whose."""
        if len(world.emo.tasks) == 1:
            headers = {name: value for name, value in request.headers.items() if name != "Content-Length"}
            async with aiohttp.ClientSession() as session:
                body = json.dumps(await request.json())
                assert (await session.post(world.emo.url + request.path, data=body, headers=headers)).status == 200

    world.emo.faults.watch("submit", "after", order_a_second)
    world.emo.faults.add(Fault("submit", drop="after"))
    await orders_a_video(alice)
    await alice.sees("Trying again may mean paying twice")
    await world.render_that(lambda render: render.stage is Stage.UNSURE)
    for name in ("Bob", "Carol"):
        world.emo.faults.add(Fault("submit", drop="after"))
        person = world.person(name)
        await orders_a_video(person)
        await person.sees_video()
    assert len(world.emo.tasks) == 2 + 2
    world.ledger_is_whole = False  # Alice was asked: one of the first two tasks is another's


async def until_judged(world: World) -> None:
    async with asyncio.timeout(60):
        while not [task for task in await world.all_tasks() if task.is_judged]:
            await asyncio.sleep(0.05)


async def test_a_lost_submit_at_a_gateway_without_a_list_lets_others_order_within_seconds(
    world: World, alice: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    bob = world.person("Bob")
    async with gateway(world, RELAY), world.bot(engine="s2v", max_in_flight=1):
        world.emo.faults.add(Fault("submit", status=502, body=page(502)))
        await orders_a_video(alice)
        await until_judged(world)
        await orders_a_video(bob)
        await bob.sees_video()
        monkeypatch.setattr("bot.render.lost_task.FETCH_WAIT", 0.0)
        await alice.sees("Trying again may mean paying twice")
        assert len(world.emo.tasks) == 1


@pytest.mark.parametrize(
    "way", [{}, {"engine": "s2v", "public_url": None, "hosting": "upload"}], ids=["links", "upload"]
)
@pytest.mark.parametrize("restart", [False, True], ids=["", "restart"])
async def test_a_lost_submit_whose_task_waits_is_judged_and_found_while_others_order(
    way: dict[str, Any], restart: bool, world: World, alice: Person
) -> None:
    bob = world.person("Bob")
    world.emo.hold()
    world.emo.faults.add(Fault("submit", drop="after"))
    async with world.bot(max_in_flight=1, **way):
        await orders_a_video(alice)
        await until_judged(world)
        await orders_a_video(bob)
        await world.task_states("PENDING", "PENDING")
        if not restart:
            world.emo.release()
            await asyncio.gather(alice.sees_video(), bob.sees_video())
    if restart:
        async with world.bot(max_in_flight=1, **way):
            world.emo.release()
            await asyncio.gather(alice.sees_video(), bob.sees_video())
    assert len(world.emo.tasks) == 2


async def test_a_lost_submit_is_found_though_the_service_says_nothing_for_a_while(world: World, alice: Person) -> None:
    """The way to it is cut at the very moment of ordering, and longer than a task needs to be listed."""
    world.emo.faults.add(Fault("submit", drop="after"))
    world.emo.faults.add(Fault("list", status=500, body={"code": "InternalError"}, times=6))
    async with world.bot(replace(BRISK, unlisted=60.0)):
        await orders_a_video(alice)
        await alice.sees_video()
    assert len(world.emo.tasks) == 1


async def test_a_later_lost_submit_is_not_taken_for_an_earlier_one_that_is_judged(world: World, alice: Person) -> None:
    """Both of their tasks wait: each is found for its own person, for what came later is no candidate of the first."""
    bob = world.person("Bob")
    world.emo.hold()
    async with world.bot():
        for person in (alice, bob):
            world.emo.faults.add(Fault("submit", drop="after"))
            await orders_a_video(person)
            async with asyncio.timeout(60):
                while not [task for task in (await world.all_tasks())[-1:] if task.is_judged]:
                    await asyncio.sleep(0.05)
        world.emo.release()
        await asyncio.gather(alice.sees_video(), bob.sees_video())
    assert len(world.emo.tasks) == 2
    assert [task.task_id for task in await world.all_tasks()] == [*world.emo.tasks]


async def test_a_look_that_fails_for_long_keeps_nobody_from_the_only_slot(world: World, alice: Person) -> None:
    bob = world.person("Bob")
    async with world.bot(max_in_flight=1):
        bob.sends_photo(PORTRAIT)
        await bob.sees("Good photo")
        fault = world.emo.faults.add(Fault("detect", times=-1, status=500, body={"code": "InternalError.Algo"}))
        await orders_unseen(alice)
        bob.sends_voice(brief_voice())
        await bob.sees_video()
        world.emo.faults.planned.remove(fault)
        await alice.sees_video()


async def orders_unseen(person: Person) -> None:
    """Order with a photo that nobody has looked at: another one than the others'."""
    person.sends_photo(other_portrait())
    await person.sees("I have your photo")
    person.sends_voice(brief_voice())
    await person.sees("it just takes longer")


def other_portrait() -> bytes:
    """The same picture in other bytes."""
    file = io.BytesIO()
    with Image.open(PORTRAIT) as picture:
        picture.save(file, "JPEG", quality=60)
    return file.getvalue()


async def test_the_same_voice_sent_again_while_its_video_is_being_delivered_is_not_paid_twice(
    bot: None, world: World, alice: Person
) -> None:
    world.telegram.faults.add(Fault("sendVideo", delay=3.0))
    await orders_a_video(alice)
    await world.render_that(lambda render: render.stage is Stage.DELIVERING)
    alice.sends_voice(brief_voice())
    await alice.sees_video()
    await alice.sees_video()
    assert len(world.emo.tasks) == 1
    assert sum(entry.task_id is not None for entry in world.emo.bill) == 1
