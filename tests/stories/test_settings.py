"""What a chat chooses: remembered, its own, and in a group for its admins."""

from bot.sandbox.faults import Fault
from bot.sandbox.telegram import Person
from bot.sandbox.telegram.group import Group
from bot.sandbox.telegram.press import press
from handlers.texts import settings as texts
from tests.stories.conftest import PORTRAIT, World, brief_voice


def friends(world: World) -> tuple[Group, Person, Person, Person]:
    alice, bob, carol = people = [world.person(name) for name in ("Alice", "Bob", "Carol")]
    group = world.telegram.group("Friends", people, topics=("Fun",))
    group.takes(people[0], administrator=True)
    return group, alice, bob, carol


async def test_ratio_and_liveliness_are_remembered_over_a_restart(world: World, alice: Person) -> None:
    async with world.bot():
        alice.sends("/settings")
        menu = await alice.sees("How videos are made here")
        assert {"✓ Square", "✓ Normal", "✓ Video", "✓ As in Telegram"} <= set(menu.buttons)
        assert not {"For admins", "Each one's own", "✓ Each one's own"} & set(menu.buttons)
        await alice.presses(menu, "Tall")
        menu = await alice.sees(lambda message: "✓ Tall" in message.buttons)
        await alice.presses(menu, "Lively")
        menu = await alice.sees(lambda message: "✓ Lively" in message.buttons)
        assert (await alice.presses(menu, "Lively")).text == "Saved."
    world.emo.faults.planned.clear()
    async with world.bot():
        alice.sends("/settings")
        menu = await alice.sees("How videos are made here")
        assert {"✓ Tall", "✓ Lively"} <= set(menu.buttons)
        await alice.presses(menu, "Square")
        alice.sends_photo(PORTRAIT)
        await alice.sees("Good photo")
        alice.sends_voice(brief_voice())
        await alice.sees_video()
        (render,) = await world.renders()
        assert (render.ratio, render.style) == ("1:1", "active")


async def test_a_photo_that_is_not_for_a_tall_video_is_told_so_and_nothing_is_lost(
    bot: None, world: World, alice: Person
) -> None:
    alice.sends("/settings")
    await alice.presses(await alice.sees("How videos are made here"), "Tall")
    world.emo.faults.add(Fault("detect", status=400, body={"code": "InvalidFile.FullBody", "message": "No body."}))
    world.ledger_is_whole = False  # the stand-in charges nothing for an answer that a test has put there
    alice.sends_photo(PORTRAIT)
    await alice.sees("For a tall video the upper body must show. Try a square one")


async def test_in_a_group_only_admins_change_them(bot: None, world: World) -> None:
    group, alice, bob, _ = friends(world)
    bob.sends("/settings", chat=group, topic="Fun")
    menu = await bob.sees("How videos are made here", chat=group)
    assert menu.thread_id == group.topic("Fun").id
    assert (await bob.presses(menu, "For admins")).text == "Only admins can change the settings of this group."
    await alice.presses(menu, "For admins")
    await alice.sees(lambda message: "✓ For admins" in message.buttons, chat=group)
    bob.sends("/talk", chat=group, topic="Fun")
    refusal = await bob.sees("only admins make videos", chat=group)
    assert refusal.thread_id == group.topic("Fun").id
    bob.sends("/talk")
    await bob.sees("Send a photo of a face")
    alice.sends("/talk", chat=group, topic="Fun")
    await alice.sees("as a reply to this", chat=group)


async def test_a_group_may_choose_not_to_ask_whose_photo_it_is(bot: None, world: World) -> None:
    group, alice, bob, carol = friends(world)
    alice.sends("/settings", chat=group)
    await alice.presses(await alice.sees("How videos are made here", chat=group), "Don't ask")
    carol.sends("/talk", chat=group, reply_to=bob.sends_photo(PORTRAIT, chat=group))
    await carol.sees("Now send a voice message", chat=group)


async def test_choices_of_one_chat_are_not_those_of_another(bot: None, world: World) -> None:
    group, alice, *_ = friends(world)
    alice.sends("/settings", chat=group)
    await alice.presses(await alice.sees("How videos are made here", chat=group), "Tall")
    alice.sends("/settings")
    assert "✓ Square" in (await alice.sees("How videos are made here")).buttons


async def test_a_choice_that_is_no_more_is_answered_kindly(bot: None, world: World, alice: Person) -> None:
    alice.sends("/settings")
    menu = await alice.sees("How videos are made here")

    assert "isn't there any more" in (
        (await press(world.telegram.world, alice.user, menu, "settings:ratio:9x9")).text or ""
    )


async def test_a_heading_says_what_its_choices_do(bot: None, world: World) -> None:
    group, _, bob, _ = friends(world)
    bob.sends("/settings", chat=group)
    menu = await bob.sees("How videos are made here", chat=group)
    headings = [label.removesuffix(" ℹ") for label in menu.buttons if label.endswith("ℹ")]
    assert headings == [heading() for heading in texts.HEADING.values()]
    assert "✓ Each one's own" in menu.buttons
    said = await bob.presses(menu, "Photos and voices of others")
    assert said.text == texts.ABOUT["consent"]()
    assert said.alert
