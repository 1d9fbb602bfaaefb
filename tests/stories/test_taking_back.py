"""Taking back a face: everything that others made or keep of it ends, at once, and they are told kindly."""

import asyncio
from dataclasses import replace

from bot.sandbox.telegram.message import Message
from storage.database import open_database
from storage.keyed_hash import load_or_make_keyed_hash
from storage.refusals import opt_out
from tests.stories.conftest import World, brief_voice
from tests.stories.test_forget import traces
from tests.stories.test_permission import ASKS, Place, come_to, picture, place_for, replied


async def bob_makes_a_video(place: Place) -> None:
    """Let Bob have a video of Alice's photo, with her yes, save her face, and put her into the sticker set."""
    photo = place.alice.sends_photo(place.picture, chat=place.group)
    await come_to("allowed", place, await replied(lambda _: photo)(place))
    place.bob.sends("/save Ann", chat=place.group, reply_to=photo)
    await place.bob.sees("is saved, for everybody", chat=place.group)
    voice = place.bob.sends_voice(brief_voice(), chat=place.group)
    place.bob.sends("/talk", chat=place.group, reply_to=voice)
    await place.bob.sees_video(chat=place.group)


async def test_who_allowed_once_and_leaves_is_left_with_nothing_of_theirs_anywhere(world: World) -> None:
    place = place_for(world, 1)
    async with world.bot():
        await bob_makes_a_video(place)
        video = [each for each in world.telegram.chat_history(place.group) if each.media == "video"][-1]
        await place.bob.presses(video, "Sticker")
        sticker = await place.bob.sees(lambda message: message.media == "sticker", chat=place.group)
        saved = world.objects()
        place.alice.sends("/optout")
        await place.alice.sees("2 things that others had made or saved with your face or voice are deleted")
        told = await place.bob.sees("doesn't allow it any more", chat=place.group)
        assert told.reply_to is not None
        assert told.reply_to.sender.id == place.bob.user.id
        await place.is_forgotten()
        assert video.id not in video.chat.messages
        assert sticker.id not in sticker.chat.messages
        assert [each["stickers"] for each in world.telegram.world.sticker_sets.values()] == [[]]
        place.bob.sends("/as Ann", chat=place.group)
        await place.bob.sees("no Ann here", chat=place.group)
        place.bob.sends("/duet Ann Ann", chat=place.group)
        await place.bob.sees("no Ann here", chat=place.group)
        place.bob.sends("/history", chat=place.group)
        await place.bob.sees("no videos of yours", chat=place.group)
        photo = next(each for each in world.telegram.chat_history(place.group) if each.media == "photo")
        place.bob.sends("/talk", chat=place.group, reply_to=photo)
        await place.bob.sees("prefers not to be", chat=place.group)
        assert len(world.emo.tasks) == 1
    assert world.objects() == []
    assert len(saved) == 3
    key = load_or_make_keyed_hash(world.data_dir / "hash-key")
    shas = tuple(path.parent.name + path.stem for path in saved)
    assert traces(world.data_dir, place.alice.user.id, words=shas) == []
    assert traces(world.data_dir, words=(key("person", place.alice.user.id),))  # that she opted out


async def test_after_forget_a_refusal_stays_and_names_nobody(world: World) -> None:
    place = place_for(world, 1)
    async with world.bot():
        photo = place.alice.sends_photo(place.picture, chat=place.group)
        await come_to("refused", place, await replied(lambda _: photo)(place))
        (looks,) = await likenesses(world)
        assert traces(world.data_dir, words=(looks, photo.file.unique_id))
        await place.is_forgotten()
        place.bob.sends("/talk", chat=place.group, reply_to=photo)
        await place.bob.sees("not to be used", chat=place.group)
        place.alice.sends("/optin")
        await place.alice.sees("others may ask")
        place.bob.sends("/talk", chat=place.group, reply_to=photo)
        await place.alice.sees("would like to make your photo speak", chat=place.group)
        await place.is_forgotten()
    assert traces(world.data_dir, place.alice.user.id, words=(looks, photo.file.unique_id)) == []


async def likenesses(world: World) -> list[str]:
    database = open_database(world.settings().database_url)
    async with database.connect() as connection:
        rows = list((await connection.exec_driver_sql("SELECT likeness FROM likenesses")).scalars())
    await database.dispose()
    return rows


async def asked_of_alice(place: Place) -> Message:
    """Let Bob ask for Alice's photo; return the question, which waits."""
    await (await replied(lambda place: place.alice.sends_photo(place.picture, chat=place.group))(place))(place)
    return await place.alice.sees(ASKS, chat=place.group)


async def test_what_waits_for_who_leaves_says_that_it_is_settled(bot: None, world: World) -> None:
    first = place_for(world, 1)
    second = replace(first, number=2, group=world.telegram.group("Others", [first.alice, first.bob]))
    settled, waiting = await asked_of_alice(first), await asked_of_alice(second)
    await first.alice.presses(settled, "Never me")
    said = await first.bob.sees("prefers not to be in videos. Another photo will do", chat=second.group)
    assert (said.id, said.buttons) == (waiting.id, [])
    first.alice.sends("/optin")
    await first.alice.sees("others may ask you")
    waiting = await asked_of_alice(replace(second, number=3))  # nothing is left of the question before
    first.alice.sends("/optout")
    said = await first.bob.sees("prefers not to be in videos", chat=second.group)
    assert said.id == waiting.id


async def test_what_waits_for_who_is_forgotten_says_so_and_may_be_asked_anew(bot: None, world: World) -> None:
    place = place_for(world, 1)
    waiting = await asked_of_alice(place)
    await place.is_forgotten()
    said = await place.bob.sees("I no longer wait for an answer. You can ask again", chat=place.group)
    assert (said.id, said.buttons) == (waiting.id, [])
    again = await asked_of_alice(place)
    await place.alice.presses(again, "Allow")
    await place.bob.sees("Now send a voice message", chat=place.group)


async def test_what_is_in_the_works_of_a_face_that_is_taken_back_ends_for_nobody(bot: None, world: World) -> None:
    place = place_for(world, 1)
    photo = place.alice.sends_photo(place.picture, chat=place.group)
    await come_to("allowed", place, await replied(lambda _: photo)(place))
    world.emo.hold()
    voice = place.bob.sends_voice(brief_voice(), chat=place.group)
    place.bob.sends("/talk", chat=place.group, reply_to=voice)
    card = await place.bob.sees("Waiting for the service|Handing it over|You're next", chat=place.group)
    await world.task_that(lambda task: task.task_id is not None)
    place.alice.sends("/optout")
    await place.bob.sees("doesn't allow it any more", chat=place.group)
    await place.bob.sees_gone(card)
    world.emo.release()
    for _ in range(200):
        if not await world.renders():
            break
        await asyncio.sleep(0.05)
    assert await world.renders() == []
    assert [each for each in world.telegram.chat_history(place.group) if each.media == "video"] == []


async def test_who_leaves_while_it_waits_for_its_turn_is_heard_before_it_is_paid(world: World) -> None:
    place, carl = place_for(world, 1), world.person("Carl")
    async with world.bot(max_in_flight=1):
        photo = place.alice.sends_photo(place.picture, chat=place.group)
        await come_to("allowed", place, await replied(lambda _: photo)(place))
        world.emo.hold()
        carl.sends_photo(picture(7))
        carl.sends_voice(brief_voice())
        await world.task_that(lambda task: task.task_id is not None)
        place.bob.sends("/talk", chat=place.group, reply_to=place.bob.sends_voice(brief_voice(), chat=place.group))
        await place.bob.sees("next|In the queue", chat=place.group)
        database = open_database(world.settings().database_url)
        key = load_or_make_keyed_hash(world.data_dir / "hash-key")
        await opt_out(database, key, place.alice.user.id)  # as if taking back had been cut off by a kill
        await database.dispose()
        world.emo.release()
        await carl.sees_video()
        await place.bob.sees("prefers not to be in videos", chat=place.group)
        assert len(world.emo.tasks) == 1
