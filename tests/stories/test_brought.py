"""What people bring: stickers, files without a type, commands in captions, photos of other chats, and edits."""

import io
from pathlib import Path

import pytest
from PIL import Image, ImageOps

from bot.sandbox.telegram import Person
from tests.stories.conftest import PORTRAIT, World, brief_voice

WIDEBAND = Path(__file__).parents[1] / "media" / "corpus" / "wideband.amr"


def packed(kind: str, *, mirrored: bool = False) -> bytes:
    """The portrait as another kind of picture."""
    with io.BytesIO() as data, Image.open(PORTRAIT) as picture:
        (ImageOps.mirror(picture) if mirrored else picture).convert("RGB").save(data, kind)
        return data.getvalue()


async def test_a_sticker_that_does_not_move_is_a_photo(bot: None, world: World, alice: Person) -> None:
    alice.sends_voice(brief_voice())
    await alice.sees("Now send a photo")
    alice.sends_sticker(packed("WEBP"))
    await alice.sees_video()


async def test_the_bytes_of_a_file_without_a_type_decide(bot: None, world: World, alice: Person) -> None:
    alice.sends_document(packed("PNG"), name="IMG_0042.jfif", mime="application/octet-stream")
    await alice.sees("Good photo")
    alice.sends_document(WIDEBAND, name="rec", mime="application/octet-stream")
    await alice.sees_video()


async def test_a_new_photo_without_a_type_takes_the_place_of_the_old_one(
    bot: None, world: World, alice: Person
) -> None:
    alice.sends_photo(PORTRAIT)
    await alice.sees("Good photo")
    second = alice.sends_document(packed("BMP"), name="new-face", mime="application/octet-stream")
    await alice.sees("Good photo")
    assert (await world.draft(alice)).portrait_message_id == second.id


@pytest.mark.parametrize("mime", ["application/pdf", "application/octet-stream"])
async def test_a_file_that_is_of_no_use_is_named_and_what_was_sent_before_stays(
    bot: None, world: World, alice: Person, mime: str
) -> None:
    alice.sends_photo(PORTRAIT)
    await alice.sees("Good photo")
    alice.sends_document(b"%PDF-1.7 a letter " * 200, name="letter.pdf", mime=mime)
    answer = await alice.sees("“letter.pdf”: I can't open that file as a picture or a sound")
    assert "I have your photo" not in answer.text
    assert (await world.draft(alice)).portrait_sha is not None


async def test_what_else_is_of_no_use_is_named(bot: None, world: World, alice: Person) -> None:
    alice.sends_location(1, 2)
    await alice.sees("can't use a place")
    alice.sends_sticker(b"\x1aE\xdf\xa3 a sticker that moves")
    await alice.sees("can't use a sticker that moves")


async def test_a_command_in_a_caption_is_one(bot: None, world: World, alice: Person) -> None:
    alice.sends_photo(PORTRAIT, caption="/save Ann Lee")
    await alice.sees("Ann Lee is saved")
    alice.sends_voice(brief_voice(), caption="/as Ann Lee")
    card = await alice.sees("Ann Lee")
    await alice.sees_video()
    await alice.sees_gone(card)
    alice.sends_photo(PORTRAIT, caption="/as Ann Lee")
    await alice.sees("Ann Lee is ready")


async def test_in_a_group_a_command_in_a_caption_begins(bot: None, world: World, alice: Person) -> None:
    bob = world.person("Bob")
    group = world.telegram.group("Friends", [alice, bob])
    alice.sends_photo(PORTRAIT, chat=group, caption="/talk")
    question = await alice.sees("Now send a voice message", chat=group)
    alice.sends_voice(brief_voice(), chat=group, reply_to=question)
    await alice.sees_video(chat=group)
    for_others = [bob.sends_photo(PORTRAIT, chat=group, caption=said) for said in ("/talk@other_bot", "what a day")]
    bob.sends("/status", chat=group)
    await bob.sees("Send a photo and a voice message", chat=group)
    answered = [each.reply_to.id for each in world.telegram.chat_history(group) if each.reply_to is not None]
    assert not {each.id for each in for_others} & set(answered)


async def test_a_voice_speaks_from_the_photo_of_another_chat_that_it_replies_to(
    bot: None, world: World, alice: Person
) -> None:
    bob = world.person("Bob")
    elsewhere = world.telegram.group("Elsewhere", [bob, alice])
    photo = bob.sends_photo(PORTRAIT, chat=elsewhere)
    alice.sends_voice(brief_voice(), quotes=photo)
    await alice.sees_video()


async def test_who_opted_out_is_not_used_from_another_chat_either(bot: None, world: World, alice: Person) -> None:
    bob = world.person("Bob")
    elsewhere = world.telegram.group("Elsewhere", [bob, alice])
    group = world.telegram.group("Friends", [alice])
    photo = bob.sends_photo(PORTRAIT, chat=elsewhere)
    bob.sends("/optout")
    await bob.sees("nobody else can use")
    alice.sends("/talk", chat=group, quotes=photo)
    await alice.sees("prefers not to be in videos", chat=group)
    assert world.detects_paid() == 0


async def test_a_photo_that_is_changed_within_a_minute_counts_as_sent_anew(
    bot: None, world: World, alice: Person
) -> None:
    photo = alice.sends_photo(PORTRAIT)
    await alice.sees("Good photo")
    before = (await world.draft(alice)).portrait_sha
    photo = alice.edits_photo(photo, packed("PNG", mirrored=True))
    await alice.sees("Good photo")
    assert (await world.draft(alice)).portrait_sha != before
    photo = alice.edits(photo, "what a day")
    alice.edits_photo(photo, PORTRAIT, seconds=61)
    await alice.sees_nothing()
    alice.sends_voice(brief_voice())
    video = await alice.sees_video()
    alice.edits_photo(photo, PORTRAIT, seconds=2)
    await alice.sees_nothing()
    assert len(world.emo.tasks) == 1
    assert video.reply_to is not None


async def test_a_caption_that_is_mended_within_a_minute_is_done(bot: None, world: World, alice: Person) -> None:
    photo = alice.sends_photo(PORTRAIT, caption="/sav Ann")
    await alice.sees("Good photo")
    alice.edits(photo, "/save Ann")
    await alice.sees("Ann is saved")


async def test_who_posts_as_a_channel_may_press_the_buttons_of_their_own_video(
    bot: None, world: World, alice: Person
) -> None:
    bob = world.person("Bob")
    group = world.telegram.group("Friends", [bob, alice])
    channel = world.telegram.world.new_channel("Alice's pictures", alice.user)
    photo = alice.sends_photo(PORTRAIT, chat=group, as_channel=channel)
    alice.sends("/talk", chat=group, as_channel=channel, reply_to=photo)
    question = await alice.sees("Now send a voice message", chat=group)
    alice.sends_voice(brief_voice(), chat=group, as_channel=channel, reply_to=question)
    video = await alice.sees_video(chat=group)
    assert (await alice.presses(video, "Again")).text == "Choose square or tall, and how lively."
