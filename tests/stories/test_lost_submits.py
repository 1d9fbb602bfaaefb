"""Submits whose answers are lost: the next person is not asked for what happened to another."""

import json

import aiohttp
from aiohttp import web

from bot.sandbox.faults import Fault
from bot.sandbox.telegram import Person
from storage.renders import Stage
from tests.stories.conftest import BY_EACH_ENGINE, PORTRAIT, World, brief_voice


async def orders_a_video(person: Person) -> None:
    person.sends_photo(PORTRAIT)
    await person.sees("Good photo")
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
    await alice.sees("Trying again may cost it twice")
    await world.render_that(lambda render: render.stage is Stage.UNSURE)
    for name in ("Bob", "Carol"):
        world.emo.faults.add(Fault("submit", drop="after"))
        person = world.person(name)
        await orders_a_video(person)
        await person.sees_video()
    assert len(world.emo.tasks) == 2 + 2
    world.ledger_is_whole = False  # Alice was asked: one of the first two tasks is another's
