"""The same once more: files, albums, buttons and commands that were used before."""

import asyncio
import io
import time

import sqlalchemy as sa
from PIL import Image

from bot.sandbox.telegram import Person
from bot.sandbox.telegram.media import media_content
from handlers import texts
from storage.database import open_database
from storage.objects import Objects
from storage.renders import Stage
from storage.tables import objects, renders
from tests.stories.conftest import PORTRAIT, World, brief_voice
from tests.stories.test_bad_telegram import refusal

DAY = 24 * 3600.0


def blank() -> bytes:
    """A picture of nothing."""
    made = io.BytesIO()
    Image.new("RGB", (640, 640), "grey").save(made, "PNG")
    return made.getvalue()


async def orders_a_video(person: Person) -> None:
    person.sends_photo(PORTRAIT)
    await person.sees("Good photo")
    person.sends_voice(brief_voice())


async def test_a_voice_that_was_stopped_can_be_asked_for_again(bot: None, world: World, alice: Person) -> None:
    world.emo.hold()
    alice.sends_photo(PORTRAIT)
    await alice.sees("Good photo")
    voice = alice.sends_voice(brief_voice())
    card = await alice.sees("Waiting for the service")
    await alice.presses(card, "Cancel")
    await alice.sees("Stopped")
    world.emo.release()
    alice.sends("/talk", reply_to=voice)
    video = await alice.sees_video()
    assert video.reply_to is not None
    assert video.reply_to.id == voice.id


async def test_each_album_is_answered_below_itself(bot: None, world: World, alice: Person) -> None:
    alice.sends_album([blank(), blank()])
    refused = await alice.sees("no face")
    alice.sends_album([PORTRAIT, blank()])
    kept = await alice.sees("Good photo")
    assert kept.id != refused.id


async def test_of_an_album_whose_refusal_the_person_deleted_the_good_photo_is_still_told(
    bot: None, world: World, alice: Person
) -> None:
    held = asyncio.Event()
    alice.sends_album([blank(), PORTRAIT])
    world.telegram.faults.watch("editMessageText", "before", lambda _: held.set())
    world.telegram.faults.add(refusal("editMessageText", 400, "Bad Request: message to edit not found"))
    await alice.sees("no face")
    await alice.sees("Good photo")
    assert held.is_set()
    assert texts.WENT_WRONG() not in world.telegram.transcript(alice)


async def test_a_video_that_neither_telegram_nor_the_bot_has_any_more_is_made_anew(
    bot: None, world: World, alice: Person
) -> None:
    await orders_a_video(alice)
    await alice.sees_video()
    (first,) = await world.renders()
    database = open_database(world.settings().database_url)
    await Objects(world.data_dir / "objects", database).remove(first.video_sha or "")
    await database.dispose()
    dead = world.telegram.faults.add(refusal("sendVideo", 400, "Bad Request: wrong file identifier/HTTP URL specified"))
    alice.sends_voice(brief_voice())
    end = await alice.sees("could not be fetched whole")
    assert dead.times == 0
    await alice.presses(end, "Try again")
    await alice.sees_video()
    assert len(world.emo.tasks) == 2


async def test_the_files_of_a_video_live_as_long_as_its_buttons(world: World, bot: None, alice: Person) -> None:
    await orders_a_video(alice)
    video = await alice.sees_video()
    alice.sends("/new")
    await alice.sees("Fresh start")
    database = open_database(world.settings().database_url)
    async with database.begin() as connection:
        await connection.execute(sa.update(objects).values(used_at=time.time() - 9 * DAY))
    kept = Objects(world.data_dir / "objects", database)
    await kept.remove_unused(time.time() - 7 * DAY)
    await alice.presses(video, "Again")
    choices = await alice.sees(lambda message: "Back" in message.buttons)
    await alice.presses(choices, "Lively")
    choices = await alice.sees(lambda message: "✓ Lively" in message.buttons)
    await alice.presses(choices, "Make it")
    again = await alice.sees(lambda message: message.media == "video" and message.id != video.id)
    await world.render_that(lambda render: render.stage is Stage.DELIVERED)

    async with database.begin() as connection:
        await connection.execute(sa.delete(renders))
    await kept.remove_unused(time.time() + 1)
    await database.dispose()
    answer = await alice.presses(again, "Again")
    assert answer.text == texts.BUTTON_GONE()
    assert world.objects() == []


async def test_photos_of_an_album_that_arrive_after_its_voice_change_nothing(
    bot: None, world: World, alice: Person
) -> None:
    def arrives() -> None:
        files = world.telegram.world.files.keep_photo(PORTRAIT.read_bytes())
        world.telegram.world.post(alice.chat, alice.user, media_content("photo", files) | {"media_group_id": "7"})

    alice.starts()
    await alice.sees("Hello")
    arrives()
    await alice.sees("Good photo")
    alice.sends_voice(brief_voice())
    for _ in range(3):
        arrives()
    await alice.sees_video()
    alice.sends("/status")
    await alice.sees("Nothing is in the works")
    assert len(world.emo.tasks) == 1
    assert world.telegram.transcript(alice).count("Good photo") == 1
