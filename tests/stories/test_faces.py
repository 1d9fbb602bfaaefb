"""Names are buttons: a command without one offers the faces, and what is asked for is answered by a word."""

from typing import Any

from bot.sandbox.telegram import Person
from bot.sandbox.telegram.group import Group
from bot.sandbox.telegram.message import Message
from bot.sandbox.telegram.press import press
from storage.renders import Stage
from tests.stories.conftest import PORTRAIT, World, brief_voice
from tests.stories.test_cast import friends, keeps, saves
from tests.stories.test_change_photo import another_photo, sends_photo


def data_of(message: Message) -> list[str]:
    return [button["callback_data"] for row in (message.inline or {})["inline_keyboard"] for button in row]


def asks_back(message: Message) -> bool:
    return bool((message.keyboard or {}).get("force_reply"))


async def made(person: Person, world: World) -> Message:
    await sends_photo(person)
    person.sends_voice(brief_voice())
    video = await person.sees_video()
    await world.render_that(lambda render: render.stage is Stage.DELIVERED)
    return video


async def test_as_alone_offers_the_faces_and_whoever_taps_one_is_asked_for_a_voice(bot: None, world: World) -> None:
    group, alice, bob, carol = friends(world)
    await saves(alice, "Ann", group)
    await saves(alice, "Aunt Mary of the long name", group)
    bob.sends("/as", chat=group, topic="Fun")
    offered = await bob.sees("Saved faces: 1 Ann and 2 Aunt Mary of the long name\nWho shall speak", chat=group)
    assert offered.media == "photo"
    assert offered.buttons == ["Let Ann speak", "Let Aunt Mary of the long name speak"]
    assert all(len(data.encode()) <= 64 for data in data_of(offered))
    for _ in range(2):
        await carol.presses(offered, "Let Ann speak")
    asked = await carol.sees("Carol: Ann is ready. Now send a voice message", chat=group)
    assert asks_back(asked)
    assert asked.thread_id == group.topic("Fun").id
    carol.sends_voice(brief_voice(), chat=group, reply_to=asked)
    video = await carol.sees_video(chat=group)
    assert video.thread_id == group.topic("Fun").id
    assert world.telegram.transcript(group).count("Carol: Ann is ready") == 1


async def test_as_below_a_voice_keeps_it_until_somebody_is_chosen(bot: None, world: World) -> None:
    group, alice, bob, _ = friends(world)
    await saves(alice, "Ann", group)
    voice = bob.sends_voice(brief_voice(), chat=group, topic="Fun")
    bob.sends("/as", chat=group, reply_to=voice)
    offered = await bob.sees("I have the voice message. Who shall say it", chat=group)
    await bob.presses(offered, "Let Ann speak")
    video = await bob.sees_video(chat=group)
    assert video.reply_to is not None
    assert video.reply_to.id == voice.id
    bob.sends("/as Amn", chat=group, topic="Fun")
    offered = await bob.sees(r"Did you mean Ann\?", chat=group)
    assert offered.buttons == ["Let Ann speak"]
    alice.sends("/remove Ann", chat=group)
    await alice.sees("is deleted", chat=group)
    assert "isn't saved" in ((await bob.presses(offered, "Let Ann speak")).text or "")


async def test_the_cast_has_a_button_for_each_and_no_error_names_another_command(
    bot: None, world: World, alice: Person
) -> None:
    for command in ("/as", "/as Ann", "/duet", "/remove", "/rename", "/cast", "/save"):
        alice.sends(command)
        answer = await alice.sees("[Nn]o face is saved|Which face shall I save")
        others = {word.rstrip(".") for word in answer.text.split() if word.startswith("/")}
        assert others <= {command.split()[0]}, answer.text
    await keeps(alice, "Ann")
    alice.sends("/cast")
    shown = await alice.sees("Saved faces: Ann")
    await alice.presses(shown, "Let Ann speak")
    await alice.sees("Ann is ready")
    alice.sends_voice(brief_voice())
    await alice.sees_video()


async def test_a_duet_is_chosen_by_two_taps_of_who_asked_for_it(bot: None, world: World) -> None:
    group, alice, bob, carol = friends(world)
    await saves(alice, "Ann", group)
    await saves(alice, "Ben", group)
    bob.sends("/duet", chat=group, topic="Fun")
    offered = await bob.sees("Who speaks first", chat=group)
    assert (await carol.presses(offered, "Ann")).text == "Only the person who asked for it can do that."
    await bob.presses(offered, "Ann")
    offered = await bob.sees(r"Ann and who else\?", chat=group)
    assert all(len(data.encode()) <= 64 for data in data_of(offered))
    for _ in range(2):
        await bob.presses(offered, "Ben")
    asked = await bob.sees("Bob: A duet of Ann and Ben! Send what Ann says", chat=group)
    assert asks_back(asked)
    bob.sends_voice(brief_voice(), chat=group, reply_to=asked)
    second = await bob.sees("Now send what Ben says", chat=group)
    bob.sends_audio(brief_voice(1.6), name="voice.ogg", mime="audio/ogg", chat=group, reply_to=second)
    video = await bob.sees_video(chat=group)
    assert video.text == "Made by AI: Ann and Ben."
    bob.sends("/duet Ben", chat=group, topic="Fun")
    await bob.sees(r"Ben and who else\?", chat=group)


async def removes(person: Person, name: str, group: Group | None = None) -> Message:
    where: Any = {"chat": group} if group else {}
    person.sends("/remove", **where)
    offered = await person.sees("Which face shall I delete", chat=group)
    await person.presses(offered, name)
    return await person.sees(f"Shall I delete {name}", chat=group)


async def test_a_face_is_removed_and_renamed_by_those_who_may_and_after_a_second_thought(
    bot: None, world: World
) -> None:
    group, alice, bob, carol = friends(world)
    await saves(alice, "Ann", group)
    bob.sends("/remove", chat=group)
    await bob.sees("None of the faces here is yours to change", chat=group)
    sure = await removes(alice, "Ann", group)
    assert (await bob.presses(sure, "Delete Ann")).text == "Only the person who saved Ann, or an admin, can do that."
    await alice.presses(sure, "Keep Ann")
    await alice.sees("Ann stays", chat=group)
    carol.sends("/rename", chat=group)  # an admin
    offered = await carol.sees("Which face shall I rename", chat=group)
    assert "an admin" in ((await bob.presses(offered, "Ann")).text or "")
    for _ in range(2):
        await carol.presses(offered, "Ann")
    asked = await carol.sees("Carol: What shall Ann be called", chat=group)
    assert asks_back(asked)
    bob.sends("Zoe", chat=group, reply_to=asked)  # nobody asked him
    carol.sends("An_n", chat=group, reply_to=asked)
    asked = await carol.sees("A name can have letters.*as a reply", chat=group)
    carol.sends("Ann Lee", chat=group, reply_to=asked)
    await carol.sees("Ann is called Ann Lee now", chat=group)
    sure = await removes(carol, "Ann Lee", group)
    for _ in range(2):
        await carol.presses(sure, "Delete Ann Lee")
    await carol.sees("Ann Lee is deleted", chat=group)
    stale = await press(world.telegram.world, alice.user, sure, data_of(sure)[0])
    assert "isn't saved" in (stale.text or "")
    assert world.telegram.transcript(group).count("What shall Ann be called") == 1


async def test_a_face_of_a_video_is_saved_and_used_again_by_its_own_buttons(
    bot: None, world: World, alice: Person
) -> None:
    video = await made(alice, world)
    for _ in range(2):
        await alice.presses(video, "Save face")
    asked = await alice.sees("What's the name of this face")
    assert asks_back(asked)
    alice.sends("Ann", reply_to=asked)
    saved = await alice.sees("Ann is saved")
    assert saved.buttons == ["Let Ann speak"]
    await alice.presses(video, "Save face")
    alice.sends("Ann", reply_to=asked)  # the same again is no mistake
    await alice.sees("Ann is saved")
    await sends_photo(alice, another_photo())
    await alice.presses(video, "New voice")
    await alice.sees("This face is ready")
    alice.sends_voice(brief_voice(1.6))
    await alice.sees_video()
    first, second = await world.renders()
    assert first.portrait_sha == second.portrait_sha
    assert world.telegram.transcript(alice).count("What's the name of this face") == 1


async def test_buttons_of_anothers_video_save_nothing_and_a_name_that_is_taken_is_asked_for_again(
    bot: None, world: World
) -> None:
    group, alice, bob, _ = friends(world)
    await saves(alice, "Ann", group)
    photo = bob.sends_photo(another_photo(), chat=group, topic="Fun")
    bob.sends("/save", chat=group, reply_to=photo)
    asked = await bob.sees("What's the name of this face", chat=group)
    assert asks_back(asked)
    bob.sends("ann", chat=group, reply_to=asked)
    asked = await bob.sees("ann is taken here.*as a reply", chat=group)
    bob.sends("Bea", chat=group, reply_to=asked)
    saved = await bob.sees("Bea is saved", chat=group)
    await bob.presses(saved, "Let Bea speak")
    asked = await bob.sees("Bea is ready", chat=group)
    bob.sends_voice(brief_voice(), chat=group, reply_to=asked)
    video = await bob.sees_video(chat=group)
    for label in ("Save face", "New voice"):
        assert (await alice.presses(video, label)).text == "Only the person who asked for it can do that."


async def test_a_full_cast_offers_the_faces_that_may_go(bot: None, world: World, alice: Person) -> None:
    await keeps(alice, *(f"Face {number}" for number in range(20)))
    alice.sends("/save One more")
    offered = await alice.sees("20 faces are saved here already")
    assert len(offered.buttons) == 20
    await alice.presses(offered, "Face 7")
    await alice.presses(await alice.sees("Shall I delete Face 7"), "Delete Face 7")
    await alice.sees("Face 7 is deleted")
    alice.sends("/save One more")
    await alice.sees("One more is saved")


async def test_a_question_outlasts_a_restart(world: World, alice: Person) -> None:
    async with world.bot():
        alice.sends_photo(PORTRAIT)
        await alice.sees("photo")
        alice.sends("/save")
        asked = await alice.sees("What's the name of this face")
    async with world.bot():
        alice.sends("Ann", reply_to=asked)
        await alice.sees("Ann is saved")
        alice.sends("hello there")
        await alice.sees("say it in a voice message|I can't read text")
