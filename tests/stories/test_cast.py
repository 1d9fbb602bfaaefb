"""Faces that stay: saved by a name, shown, and made to speak by everybody of the chat."""

import io

import pytest
from PIL import Image

from bot.sandbox.telegram import Message, Person
from bot.sandbox.telegram.group import Group
from storage.cast import LIMIT
from storage.database import open_database
from storage.objects import Objects
from tests.still_renderer import still_engine
from tests.stories.coded_faces import detect_coded, faces, photo_with
from tests.stories.conftest import BY_EACH_ENGINE, PORTRAIT, BotProcess, World, brief_voice
from tests.stories.test_bad_telegram import refusal


def friends(world: World) -> tuple[Group, Person, Person, Person]:
    people = [world.person(name) for name in ("Alice", "Bob", "Carol")]
    alice, bob, carol = people
    group = world.telegram.group("Friends", people, topics=("Fun",))
    group.takes(carol, administrator=True)
    return group, alice, bob, carol


async def saves(person: Person, name: str, group: Group) -> None:
    person.sends(f"/save {name}", chat=group, reply_to=person.sends_photo(PORTRAIT, chat=group, topic="Fun"))
    await person.sees("is saved, for everybody", chat=group)


@BY_EACH_ENGINE
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


async def test_the_cast_is_one_picture_with_names_and_a_button_for_each(bot: None, world: World) -> None:
    group, alice, bob, _ = friends(world)
    bob.sends("/cast", chat=group, topic="Fun")
    await bob.sees("No face is saved", chat=group)
    await saves(alice, "Ann", group)
    bob.sends("/cast", chat=group, topic="Fun")
    alone = await bob.sees("Saved faces: Ann\n", chat=group)
    assert (alone.media, alone.buttons) == ("photo", ["Let Ann speak"])
    await saves(alice, "Ben", group)
    bob.sends("/cast", chat=group, topic="Fun")
    shown = await bob.sees("Saved faces: 1 Ann and 2 Ben", chat=group)
    assert (shown.media, shown.buttons) == ("photo", ["Let Ann speak", "Let Ben speak"])
    assert size_of(shown) == (606, 300)
    assert shown.thread_id == group.topic("Fun").id


def size_of(message: Message) -> tuple[int, int]:
    with Image.open(io.BytesIO(message.files[-1].path.read_bytes())) as picture:
        return picture.size


async def test_who_saved_a_face_or_an_admin_may_rename_and_remove_it(bot: None, world: World) -> None:
    group, alice, bob, carol = friends(world)
    await saves(alice, "Ann", group)
    bob.sends("/remove Ann", chat=group)
    await bob.sees("Only the person who saved Ann, or an admin", chat=group)
    alice.sends("/rename Ann | Ann Lee", chat=group)
    await alice.sees("Ann is called Ann Lee now", chat=group)
    carol.sends("/remove ann lee", chat=group)
    await carol.sees("Ann Lee is deleted", chat=group)
    bob.sends("/as Ann Lee", chat=group)
    await bob.sees("no Ann Lee here, and no face", chat=group)


async def test_a_name_that_cannot_be_one_is_answered_kindly(bot: None, world: World, alice: Person) -> None:
    alice.sends("/save Ann")
    await alice.sees("Which face shall I save")
    alice.sends_photo(PORTRAIT)
    await alice.sees("Good photo")
    for name, answer in {
        "": "What's the name of this face",
        "x" * 33: "too long",
        "<b>Ann</b>": "letters, digits",
        "Ann_": "letters, digits",
        "--": "letters, digits",
    }.items():
        alice.sends(f"/save {name}")
        await alice.sees(answer)
    alice.sends("/save Ann")
    await alice.sees("Ann is saved")
    alice.sends("/save ANN")
    await alice.sees("ANN is saved")  # the very same picture
    alice.sends("/rename Ann")
    await alice.sees("What shall .* be called")
    alice.sends("/as Bob")
    await alice.sees("no Bob here. I know: Ann")


async def test_another_photo_does_not_take_a_name_away(bot: None, world: World, alice: Person) -> None:
    alice.sends_photo(PORTRAIT)
    await alice.sees("Good photo")
    alice.sends("/save Ann")
    await alice.sees("is saved, for everybody")
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
    await bob.sees("No face is saved")


async def keeps(person: Person, *names: str) -> None:
    """Save one face in the private chat by each name."""
    person.sends_photo(PORTRAIT)
    await person.sees("Good photo")
    for name in names:
        person.sends(f"/save {name}")
        await person.sees(f"{name} is saved")


async def test_a_name_without_a_bar_ends_where_a_known_one_does(bot: None, world: World, alice: Person) -> None:
    await keeps(alice, "Aunt", "Aunt Mary")
    alice.sends("/rename Aunt Mary Old Granny")
    await alice.sees("Aunt Mary is called Old Granny now")
    alice.sends("/rename Some Body Else")
    await alice.sees("Which face shall I rename")
    alice.sends("/rename Aunt | Old granny")
    await alice.sees("Old granny is taken here")
    alice.sends("/as Old Grany")
    await alice.sees(r"Did you mean Old Granny\?")


async def test_a_message_without_a_photo_gives_no_face(bot: None, world: World) -> None:
    group, alice, bob, _ = friends(world)
    words = bob.sends("I look great", chat=group, topic="Fun")
    alice.sends("/save Bob", chat=group, reply_to=words)
    await alice.sees("no photo in that message", chat=group)
    alice.sends("/save Bob", chat=group, topic="Fun")  # the one it was a reply to is gone
    await alice.sees("Which face shall I save", chat=group)


async def test_a_chat_keeps_only_so_many_faces(bot: None, world: World, alice: Person) -> None:
    await keeps(alice, *(f"Face {number}" for number in range(LIMIT)))
    alice.sends("/save One more")
    await alice.sees(f"{LIMIT} faces are saved here already")
    alice.sends("/cast")
    shown = await alice.sees(f"Saved faces: 1 Face 0, .* and {LIMIT} Face {LIMIT - 1}\n")
    assert shown.media == "photo"
    assert shown.buttons == [f"{number + 1} Face {number}" for number in range(LIMIT)]
    await alice.presses(shown, f"{LIMIT} Face {LIMIT - 1}")
    await alice.sees(f"Face {LIMIT - 1} is ready")


async def test_a_face_is_found_again_for_a_voice_that_is_kept(bot: None, world: World, alice: Person) -> None:
    await keeps(alice, "Ann")
    alice.sends("/new")
    await alice.sees("Fresh start")
    voice = alice.sends_voice(brief_voice())
    await alice.sees("Now send a photo")
    alice.sends("/as Ann")
    video = await alice.sees_video()
    assert video.reply_to is not None
    assert video.reply_to.id == voice.id
    await alice.presses(video, "New photo")
    await alice.sees("Send the new photo")
    assert (await world.draft(alice)).portrait_sha is None
    assert world.detects_paid() == 1


async def test_a_face_that_is_refused_is_not_saved(bot: None, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(still_engine(), "detect", detect_coded)
    group, alice, _, _ = friends(world)
    photo = alice.sends_photo(photo_with("InvalidFile.NoHuman"), chat=group)
    alice.sends("/save Ann", chat=group, reply_to=photo)
    await alice.sees("no face in that photo", chat=group)
    photo = alice.sends_photo(faces(), chat=group)
    alice.sends("/save Ann", chat=group, reply_to=photo)
    await alice.sees("Ann is saved", chat=group)
    alice.sends("/cast", chat=group)
    await alice.sees("Saved faces: Ann", chat=group)


async def test_a_portrait_that_is_gone_is_said(bot: None, world: World, alice: Person) -> None:
    await keeps(alice, "Ann")
    database = open_database(world.settings().database_url)
    sha = (await world.draft(alice)).portrait_sha
    await Objects(world.data_dir / "objects", database).remove(sha or "")
    await database.dispose()
    for command, said in {
        "/as Ann": "picture is gone",
        "/save Ben": "gone by now",
        "/cast": "^Saved faces: Ann",
    }.items():
        alice.sends(command)
        await alice.sees(said)


async def test_where_no_pictures_are_allowed_the_names_are_told(bot: None, world: World, alice: Person) -> None:
    await keeps(alice, "Ann")
    world.telegram.faults.add(refusal("sendPhoto", 400, "Bad Request: not enough rights to send photos to the chat"))
    alice.sends("/cast")
    await alice.sees("not allowed to send pictures here.*Saved faces: Ann")


async def test_another_members_photo_is_saved_when_they_allow_it(bot: None, world: World) -> None:
    group, alice, bob, _ = friends(world)
    photo = bob.sends_photo(PORTRAIT, chat=group, topic="Fun")
    alice.sends("/save Bob", chat=group, reply_to=photo)
    question = await bob.sees("Bob", chat=group)
    await bob.presses(question, "Allow")
    await alice.sees("Bob is saved", chat=group)


async def test_an_admin_without_a_name_may_remove_a_face(bot: None, world: World) -> None:
    group, alice, _, carol = friends(world)
    await saves(alice, "Ann", group)
    carol.sends("/remove Ann", chat=group, anonymous=True)
    await carol.sees("Ann is deleted", chat=group)


async def test_the_cast_moves_along_with_its_group(bot: None, world: World) -> None:
    alice = world.person("Alice")
    group = world.telegram.group("Friends", [alice], kind="group")
    alice.sends("/save Ann", chat=group, reply_to=alice.sends_photo(PORTRAIT, chat=group))
    await alice.sees("Ann is saved", chat=group)
    heir = group.migrates(alice)
    alice.sends("/as Ann", chat=heir, reply_to=alice.sends_voice(brief_voice(), chat=heir))
    await alice.sees_video(chat=heir)
    assert world.detects_paid() == 1


async def test_a_face_that_had_begun_to_speak_before_a_kill_does_not_begin_again(
    world: World, process: BotProcess, alice: Person
) -> None:
    await process.start()
    await keeps(alice, "Ann")
    alice.sends("/new")
    await alice.sees("Fresh start")
    alice.sends_voice(brief_voice())
    await alice.sees("Now send a photo")
    world.telegram.faults.watch("sendMessage", "after", process.kill_once)  # at the card
    process.is_back_when_the_service_fetches()
    alice.sends("/as Ann")
    await process.stopped()
    await process.start()
    await alice.sees_video()
    assert not any("Ann is ready" in message.text for message in world.telegram.chat_history(alice))
    assert len(world.emo.tasks) == 1
    assert await process.stop() == 0
