"""Whose photo it is, is asked: once for each photo, in the group, before anything is fetched."""

from bot.sandbox.telegram import Person
from bot.sandbox.telegram.group import Group
from bot.sandbox.telegram.message import Message
from handlers.texts.consent import NOT_YOURS
from tests.stories.conftest import PORTRAIT, World, brief_voice


def friends(world: World) -> tuple[Group, Person, Person, Person]:
    alice, bob, carol = people = [world.person(name) for name in ("Alice", "Bob", "Carol")]
    return world.telegram.group("Friends", people, topics=("Fun",)), alice, bob, carol


async def asked_of_bob(group: Group, alice: Person, bob: Person) -> tuple[Message, Message]:
    photo = bob.sends_photo(PORTRAIT, chat=group, topic="Fun")
    alice.sends("/talk", chat=group, reply_to=photo)
    question = await bob.sees("Bob, Alice would like to make your photo speak", chat=group)
    assert question.reply_to is not None
    assert question.reply_to.id == photo.id
    assert question.thread_id == group.topic("Fun").id
    return photo, question


async def test_what_was_wanted_goes_on_when_the_owner_allows_it(bot: None, world: World) -> None:
    group, alice, bob, carol = friends(world)
    photo, question = await asked_of_bob(group, alice, bob)
    assert world.detects_paid() == 0
    assert (await carol.presses(question, "Allow")).text == NOT_YOURS()
    await bob.presses(question, "Allow")
    await bob.sees("Bob says yes", chat=group)
    asked = await alice.sees("Now send a voice message", chat=group)
    alice.sends_voice(brief_voice(), chat=group, reply_to=asked)
    video = await alice.sees_video(chat=group)
    assert video.thread_id == group.topic("Fun").id
    carol.sends("/talk", chat=group, reply_to=photo)
    await carol.sees("Now send a voice message", chat=group)


async def test_a_no_holds_for_that_photo_and_nothing_is_fetched(bot: None, world: World) -> None:
    group, alice, bob, carol = friends(world)
    photo, question = await asked_of_bob(group, alice, bob)
    carol.sends("/talk", chat=group, reply_to=photo)
    await carol.sees("Bob has been asked about that photo", chat=group)
    await bob.presses(question, "No")
    await alice.sees("Bob would rather not", chat=group)
    alice.sends("/talk", chat=group, reply_to=photo)
    await alice.sees("not to be used", chat=group)
    assert (await bob.presses(question, "Allow")).text == "That's settled already."
    alice.sends("/save Bob", chat=group, reply_to=photo)
    await alice.sees("not to be used", chat=group)
    assert world.detects_paid() == 0
    assert world.objects() == []


async def test_never_me_is_an_opt_out_that_can_be_taken_back(bot: None, world: World) -> None:
    group, alice, bob, _ = friends(world)
    _, question = await asked_of_bob(group, alice, bob)
    await bob.presses(question, "Never me")
    await alice.sees("won't be asked again", chat=group)
    alice.sends("/talk", chat=group, reply_to=bob.sends_document(PORTRAIT, mime="image/jpeg", chat=group))
    await alice.sees("prefers not to be in videos", chat=group)
    bob.sends("/optin")
    await bob.sees("others may ask you")
    await asked_of_bob(group, alice, bob)


async def test_an_opt_out_holds_for_what_was_allowed_before_too(bot: None, world: World) -> None:
    group, alice, bob, _ = friends(world)
    photo, question = await asked_of_bob(group, alice, bob)
    await bob.presses(question, "Allow")
    await alice.sees("Now send a voice message", chat=group)
    bob.sends("/optout", chat=group)
    await bob.sees("nobody else can use", chat=group)
    alice.sends("/talk", chat=group, reply_to=photo)
    await alice.sees("prefers not to be", chat=group)


async def test_in_the_name_of_the_chat_any_admin_answers(bot: None, world: World) -> None:
    group, alice, bob, carol = friends(world)
    group.takes(carol, administrator=True, anonymous=True)
    photo = carol.sends_photo(PORTRAIT, chat=group, anonymous=True)
    alice.sends("/talk", chat=group, reply_to=photo)
    question = await alice.sees("Friends, Alice would like", chat=group)
    assert (await bob.presses(question, "Allow")).text == NOT_YOURS()
    await carol.presses(question, "Allow")
    await alice.sees("Now send a voice message", chat=group)


async def test_the_answer_may_come_after_a_restart(world: World) -> None:
    group, alice, bob, _ = friends(world)
    async with world.bot():
        _, question = await asked_of_bob(group, alice, bob)
    press = bob.presses(question, "Allow")
    async with world.bot():
        await press
        await alice.sees("Now send a voice message", chat=group)
        await alice.sees_nothing(chat=group)


async def test_what_becomes_of_files_is_said_once(world: World) -> None:
    group, alice, bob, _ = friends(world)
    async with world.bot(operator_contact="@owner"):
        alice.sends("/talk", chat=group)
        await alice.sees("Your files go to the gateway 127.0.0.1.*7 days.*your own face.*@owner", chat=group)
        await alice.sees("as a reply to this", chat=group)
        bob.sends_photo(PORTRAIT)
        await bob.sees("Your files go to the gateway 127.0.0.1.*7 days.*your own face.*@owner")
        await bob.sees("Good photo")
    async with world.bot(operator_contact="@owner"):
        for person, chat in ((alice, group), (bob, None)):
            person.sends("/talk", **({"chat": chat} if chat else {}))  # type: ignore[arg-type]
        answer = await alice.sees("", chat=group)
        assert "as a reply to this" in answer.text
        assert "photo" in (await bob.sees("")).text
