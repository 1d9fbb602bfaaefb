"""A video that costs more than may be paid unasked: its person is asked once, and nothing is paid before the yes."""

import time
from collections import Counter
from typing import Any

import time_machine

from bot.sandbox.emo.models import EMO, S2V
from bot.sandbox.telegram import Person
from tests.stories.conftest import PORTRAIT, World, brief_voice
from tests.stories.test_duet import cast_of_two, speaks_both

DEAR: dict[str, Any] = {"engine": "s2v", "ask_above": "0.5"}
"""A second and a half of S2V costs 0.75 CNY."""


async def orders(person: Person) -> None:
    person.sends_photo(PORTRAIT)
    await person.sees("Good photo|I have your photo")
    person.sends_voice(brief_voice())


def videos_paid(world: World) -> Counter[str]:
    return Counter(entry.model for entry in world.emo.bill if entry.task_id)


async def test_nothing_is_paid_before_the_yes_and_a_yes_is_enough(world: World, alice: Person) -> None:
    async with world.bot(**DEAR):
        await orders(alice)
        card = await alice.sees("This video will cost about 0.7. CNY. Shall I make it?")
        assert card.buttons[0].startswith("Make it for 0.7")
        bob = world.person("Bob")
        await orders(bob)
        other = await bob.sees("Shall I make it")
        await bob.presses(other, "Cancel")
        await bob.sees("Stopped")
        assert videos_paid(world) == {}
    async with world.bot(**DEAR):  # a restart asks nobody twice, and forgets no question
        press = await alice.presses(card, card.buttons[0])
        assert press.text == "Coming up!"
        await alice.sees_video()
    assert videos_paid(world) == {S2V.name: 1}
    asked = [message for message in world.telegram.chat_history(alice) if "Shall I" in message.text]
    assert len(asked) <= 1


async def test_the_same_again_costs_nothing_so_nobody_is_asked(world: World, alice: Person) -> None:
    async with world.bot(engine="s2v"):
        await orders(alice)
        await alice.sees_video()
    async with world.bot(**DEAR):
        alice.sends_voice(brief_voice())
        await alice.sees_video()
    assert world.videos(alice) == 2
    assert videos_paid(world) == {S2V.name: 1}
    assert not any("Shall I" in message.text for message in world.telegram.chat_history(alice))


async def test_a_price_that_may_be_paid_is_not_asked_about(world: World, alice: Person) -> None:
    async with world.bot(engine="s2v"):
        await orders(alice)
        await alice.sees_video()
    assert not any("Shall I" in message.text for message in world.telegram.chat_history(alice))


async def test_a_duet_is_one_question(world: World) -> None:
    async with world.bot(engine="s2v", ask_above="1"):
        group, _, bob = await cast_of_two(world)
        await speaks_both(bob, group)
        card = await bob.sees("will cost about 1.5. CNY", chat=group)
        assert videos_paid(world) == {}
        await bob.presses(card, card.buttons[0])
        await bob.sees_video(chat=group)
    assert videos_paid(world) == {S2V.name: 2}


async def test_a_question_is_let_go_after_a_day(world: World, alice: Person) -> None:
    with time_machine.travel(time.time() - 25 * 3600, tick=True):
        async with world.bot(**DEAR):
            await orders(alice)
            await alice.sees("Shall I make it")
    async with world.bot(**DEAR):
        await alice.sees("Nobody said yes to the price for a day, so I stopped. Nothing was paid.")
    assert videos_paid(world) == {}


async def test_what_waited_while_videos_became_dearer_is_not_ordered_unasked(world: World, alice: Person) -> None:
    world.emo.hold()
    bob = world.person("Bob")
    async with world.bot(max_in_flight=1):
        await orders(alice)
        await world.task_that(lambda task: task.task_id is not None)
        await orders(bob)
        await bob.sees("You're next|In the queue")
    async with world.bot(**DEAR, max_in_flight=1):
        world.emo.release()
        await alice.sees_video()
        card = await bob.sees("Videos have become more expensive")
        await bob.presses(card, "Try again")
        question = await bob.sees("Shall I make it")
        await bob.presses(question, question.buttons[0])
        await bob.sees_video()
    assert videos_paid(world) == {EMO.name: 1, S2V.name: 1}
