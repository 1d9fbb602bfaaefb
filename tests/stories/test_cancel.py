"""Cancelled at every stage: who asks to stop is heard soon, gets no video, and costs nothing that was not begun."""

import asyncio
import re
from collections import Counter

import pytest
from aiohttp import web

from bot.render.ending import MADE_THERE
from bot.sandbox.faults import Fault
from bot.sandbox.telegram import Person
from handlers import texts
from handlers.texts import endings
from handlers.texts.language import Text
from storage.renders import Stage
from tests.stories.conftest import BY_EACH_ENGINE, PORTRAIT, World, brief_voice

NOT_NOW = "Not now.*Nothing was lost"


async def orders_a_video(person: Person, world: World) -> None:
    person.sends_photo(PORTRAIT)
    await person.sees("photo")
    person.sends_voice(brief_voice())


async def test_one_shut_account_lets_each_person_know_and_cancel(
    bot: None, world: World, alice: Person, asked: Counter[str]
) -> None:
    bob = world.person("Bob")
    for person in (alice, bob):
        person.sends_photo(PORTRAIT)
        await person.sees("Good photo")
    world.emo.account = "arrears"
    for person in (alice, bob):
        person.sends_voice(brief_voice())
    for person in (alice, bob):
        card = await person.sees(NOT_NOW)
        await person.presses(card, "Cancel")
        await person.sees(endings.ENDED_CANCELLED())
    assert world.emo.tasks == {}


async def test_cancelled_while_another_ones_submit_hangs(
    bot: None, world: World, alice: Person, asked: Counter[str]
) -> None:
    goes_on = asyncio.Event()

    async def hang(_: web.Request) -> None:
        await goes_on.wait()

    world.emo.faults.watch("submit", "before", hang)
    await orders_a_video(alice, world)
    await world.task_that(lambda _: True)
    bob = world.person("Bob")
    await orders_a_video(bob, world)
    card = await bob.sees("Handing it over")
    await bob.presses(card, "Cancel")
    await bob.sees(endings.ENDED_CANCELLED())
    goes_on.set()
    await alice.sees_video()
    assert asked["submit"] == 1


@BY_EACH_ENGINE
async def test_cancelled_while_a_submit_is_lost_and_was_never_taken_it_is_not_made_again(
    bot: None, world: World, alice: Person, asked: Counter[str]
) -> None:
    world.emo.faults.add(Fault("submit", drop="before"))
    lists = world.emo.faults.add(Fault("list", status=500, body={"code": "InternalError"}, times=-1))
    await orders_a_video(alice, world)
    card = await alice.sees(texts.CARD_TROUBLE_SERVICE())
    await alice.presses(card, "Cancel")
    await alice.sees("I won't send it")
    world.emo.faults.planned.remove(lists)
    alice.sends_voice(brief_voice())
    await alice.sees_video()
    assert asked["submit"] == 2
    assert len(world.emo.tasks) == 1


async def test_cancelled_while_nobody_can_ask_about_the_task_the_person_is_told_so(
    bot: None, world: World, alice: Person
) -> None:
    world.emo.hold()
    await orders_a_video(alice, world)
    await world.render_that(lambda render: render.stage is Stage.WAITING)
    polls = world.emo.faults.add(Fault("poll", status=500, body={"code": "InternalError"}, times=-1))
    card = await alice.sees(texts.CARD_TROUBLE_SERVICE())
    await alice.presses(card, "Cancel")
    await alice.sees("I won't send it")
    world.emo.faults.planned.remove(polls)
    alice.sends_voice(brief_voice() + b"\0")
    await world.render_that(lambda render: render.stage is Stage.WAITING and render.cancel_asked_at is None)
    await world.task_states("CANCELED", "PENDING")


async def test_cancelled_while_the_video_is_fetched_it_is_not_sent(bot: None, world: World, alice: Person) -> None:
    world.emo.faults.add(Fault("video", delay=1.0))
    await orders_a_video(alice, world)
    await world.render_that(lambda render: render.stage is Stage.FETCHING)
    alice.sends("/cancel")
    await alice.sees("I won't send it")
    render = await world.render_that(lambda render: render.ended)
    assert render.stage is Stage.CANCELLED
    alice.sends("/status")
    await alice.sees("Nothing is in the works")
    assert world.videos(alice) == 0


@pytest.mark.parametrize(
    ("trouble", "card"),
    [
        (Fault("video", status=500, times=-1), texts.CARD_TROUBLE_VIDEO),
        (Fault("sendVideo", status=500, body={"ok": False}, times=-1), texts.CARD_TROUBLE_TELEGRAM),
    ],
)
async def test_cancelled_while_a_video_that_is_paid_is_tried_again_the_person_hears_that_it_was_made(
    trouble: Fault, card: Text, bot: None, world: World, alice: Person
) -> None:
    faults = world.emo.faults if trouble.call == "video" else world.telegram.faults
    faults.add(trouble)
    await orders_a_video(alice, world)
    await alice.presses(await alice.sees(re.escape(card())), "Cancel")
    await alice.sees(re.escape(endings.ENDED_CANCELLED_MADE()))
    await world.render_that(lambda render: render.reason == MADE_THERE)


async def test_cancelled_in_the_queue_it_goes_at_once_and_is_told_once(
    bot: None, world: World, alice: Person, asked: Counter[str]
) -> None:
    world.emo.hold()
    await orders_a_video(alice, world)
    first = await alice.sees("Waiting for the service")
    alice.sends_voice(brief_voice() + b"\0")
    second = await alice.sees("Using the same photo")
    alice.deletes(second)
    alice.sends("/cancel")
    await alice.sees(texts.CANCELLING())
    stopped = [await alice.sees("Stopped") for _ in range(2)]  # behind it, so that "Stopping" is not the last word
    assert first.id in [message.id for message in stopped]
    alice.sends_voice(brief_voice() + b"\0\0")
    world.emo.release()
    await alice.sees_video()
    told = [message.text for message in world.telegram.chat_history(alice) if message.text.startswith("Stopped")]
    assert len(told) == 2
    assert asked["submit"] == 2


async def test_who_blocks_the_bot_while_it_waits_for_a_task_costs_nothing(
    bot: None, world: World, alice: Person
) -> None:
    world.emo.hold()
    await orders_a_video(alice, world)
    await world.task_that(lambda task: task.task_id is not None)
    alice.blocks_bot()
    await world.render_that(lambda render: render.stage is Stage.GONE)
    bob = world.person("Bob")
    await orders_a_video(bob, world)
    await bob.sees("Waiting for the service")
    await world.task_states("CANCELED", "PENDING")


async def test_who_blocks_the_bot_while_the_account_is_shut_is_not_ordered_for(
    bot: None, world: World, alice: Person
) -> None:
    alice.sends_photo(PORTRAIT)
    await alice.sees("Good photo")
    world.emo.hold()
    world.emo.account = "arrears"
    alice.sends_voice(brief_voice())
    await alice.sees(NOT_NOW)
    alice.blocks_bot()
    await world.render_that(lambda render: render.stage is Stage.GONE)
    world.emo.account = "good"
    bob = world.person("Bob")
    await orders_a_video(bob, world)
    await bob.sees("Waiting for the service")
    # One that was on its way at that very moment is taken back.
    *before, last = world.emo.tasks.values()
    assert last.state == "PENDING"
    await world.task_states(*("CANCELED" for _ in before), "PENDING")
    assert len(before) <= 1


async def test_cancelled_before_anything_is_ordered_the_voice_goes_and_the_photo_stays(
    bot: None, world: World, alice: Person
) -> None:
    alice.sends_voice(brief_voice())
    await alice.sees("Got your voice")
    alice.sends("/cancel")
    await alice.sees("I forgot your voice message. Send a photo and a voice message")
    alice.sends_photo(PORTRAIT)
    await alice.sees("Good photo")
    alice.sends("/cancel")
    await alice.sees("nothing to stop. I have your photo")
    alice.sends_voice(brief_voice())
    await alice.sees_video()
