"""Faces that stay: saved by a name, shown, and made to speak by everybody of the chat."""

from bot.sandbox.telegram import Person
from bot.sandbox.telegram.group import Group
from tests.stories.conftest import PORTRAIT, World, brief_voice


def friends(world: World) -> tuple[Group, Person, Person, Person]:
    people = [world.person(name) for name in ("Alice", "Bob", "Carol")]
    alice, bob, carol = people
    group = world.telegram.group("Friends", people, topics=("Fun",))
    group.takes(carol, administrator=True)
    return group, alice, bob, carol


async def saves(person: Person, name: str, group: Group) -> None:
    person.sends(f"/save {name}", chat=group, reply_to=person.sends_photo(PORTRAIT, chat=group, topic="Fun"))
    await person.sees("is in the cast", chat=group)


async def test_a_face_that_one_saved_speaks_for_another_in_its_topic(bot: None, world: World) -> None:
    group, alice, bob, _ = friends(world)
    await saves(alice, "Aunt Mary", group)
    voice = bob.sends_voice(brief_voice(), chat=group, topic="Fun")
    bob.sends("/as aunt  MARY", chat=group, reply_to=voice)
    video = await bob.sees_video(chat=group)
    assert video.reply_to is not None
    assert video.reply_to.id == voice.id
    assert video.thread_id == group.topic("Fun").id
    assert world.detects_paid() == 1


async def test_as_alone_asks_for_the_voice(bot: None, world: World) -> None:
    group, alice, bob, _ = friends(world)
    await saves(alice, "Ann", group)
    bob.sends("/as ann", chat=group, topic="Fun")
    question = await bob.sees("Ann is ready", chat=group)
    assert question.keyboard is not None
    assert question.keyboard["force_reply"]
    bob.sends_voice(brief_voice(), chat=group, reply_to=question)
    await bob.sees_video(chat=group)


async def test_the_cast_is_shown_as_pictures_with_their_names(bot: None, world: World) -> None:
    group, alice, bob, _ = friends(world)
    bob.sends("/cast", chat=group, topic="Fun")
    await bob.sees("nobody in the cast yet", chat=group)
    await saves(alice, "Ann", group)
    bob.sends("/cast", chat=group, topic="Fun")
    await bob.sees(lambda message: message.media == "photo" and message.text == "Ann", chat=group)
    await saves(alice, "Ben", group)
    bob.sends("/cast", chat=group, topic="Fun")
    shown = [await bob.sees(lambda message: message.media == "photo", chat=group) for _ in range(2)]
    assert {message.text for message in shown} == {"Ann", "Ben"}
    assert {message.thread_id for message in shown} == {group.topic("Fun").id}


async def test_who_saved_a_face_or_an_admin_may_rename_and_remove_it(bot: None, world: World) -> None:
    group, alice, bob, carol = friends(world)
    await saves(alice, "Ann", group)
    bob.sends("/remove Ann", chat=group)
    await bob.sees("Only who saved Ann, or an admin", chat=group)
    alice.sends("/rename Ann | Ann Lee", chat=group)
    await alice.sees("Ann is called Ann Lee now", chat=group)
    carol.sends("/remove ann lee", chat=group)
    await carol.sees("Ann Lee has left the cast", chat=group)
    bob.sends("/as Ann Lee", chat=group)
    await bob.sees("no Ann Lee here, and nobody", chat=group)


async def test_a_name_that_cannot_be_one_is_answered_kindly(bot: None, world: World, alice: Person) -> None:
    alice.sends("/save Ann")
    await alice.sees("Reply to a photo with /save NAME")
    alice.sends_photo(PORTRAIT)
    await alice.sees("Good photo")
    for name, answer in {
        "": "Which name",
        "x" * 33: "too long",
        "<b>Ann</b>": "letters, digits",
        "Ann_": "letters, digits",
        "--": "letters, digits",
    }.items():
        alice.sends(f"/save {name}")
        await alice.sees(answer)
    alice.sends("/save Ann")
    await alice.sees("Ann is in the cast")
    alice.sends("/save ANN")
    await alice.sees("ANN is in the cast")  # the very same picture
    alice.sends("/rename Ann")
    await alice.sees("old name and the new one")
    alice.sends("/as Bob")
    await alice.sees("no Bob here. I know: Ann")


async def test_another_photo_does_not_take_a_name_away(bot: None, world: World, alice: Person) -> None:
    alice.sends_photo(PORTRAIT)
    await alice.sees("Good photo")
    alice.sends("/save Ann")
    await alice.sees("in the cast")
    alice.sends_document(PORTRAIT, mime="image/jpeg")
    await alice.sees("Good photo")
    alice.sends("/save ann")
    await alice.sees("ann is taken here")


async def test_a_name_of_one_chat_is_unknown_in_another(bot: None, world: World) -> None:
    group, alice, bob, _ = friends(world)
    await saves(alice, "Ann", group)
    bob.sends("/as Ann")
    await bob.sees("no Ann here")
    bob.sends("/cast")
    await bob.sees("nobody in the cast yet")
