"""Files keep their bytes and their identifiers; photos are made small as Telegram makes them."""

import io
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from PIL import Image
from telegram import InputMediaPhoto, InputMediaVideo
from telegram.error import BadRequest

from bot.sandbox.telegram import Person, TelegramServer
from tests.sandbox.telegram.conftest import picture


async def test_a_photo_comes_in_sizes(alice: Person):
    photo = alice.sends_photo(picture(3000, 1500))
    sizes = [(size["width"], size["height"]) for size in photo.content["photo"]]
    assert sizes == [(90, 45), (320, 160), (800, 400), (1280, 640)]
    assert photo.media_path.read_bytes().startswith(b"\xff\xd8\xff")
    assert [size["width"] for size in alice.sends_photo(picture(500, 400, "PNG")).content["photo"]] == [90, 320, 500]


async def test_a_photo_is_turned_upright(alice: Person):
    buffer = io.BytesIO()
    image = Image.new("RGB", (400, 200))
    exif = image.getexif()
    exif[0x0112] = 6
    image.save(buffer, "JPEG", exif=exif)
    photo = alice.sends_photo(buffer.getvalue())
    assert (photo.content["photo"][-1]["width"], photo.content["photo"][-1]["height"]) == (200, 400)


async def test_a_document_comes_byte_for_byte(bot: Any, alice: Person, tmp_path: Path):
    path = tmp_path / "face.heic"
    path.write_bytes(bytes(range(256)) * 10)
    sent = alice.sends_document(path, mime="image/heic")
    file = await bot.get_file(sent.content["document"]["file_id"])
    assert bytes(await file.download_as_bytearray()) == path.read_bytes()
    assert sent.content["document"]["file_name"] == "face.heic"
    again = await bot.get_file(sent.content["document"]["file_id"])
    assert (again.file_id, again.file_unique_id) == (file.file_id, file.file_unique_id)


async def test_a_large_file_is_not_given(server: TelegramServer, bot: Any, alice: Person):
    server.limits.download_bytes = 100
    sent = alice.sends_document(b"x" * 101)
    with pytest.raises(BadRequest, match="File is too big"):
        await bot.get_file(sent.content["document"]["file_id"])
    with pytest.raises(BadRequest, match="Wrong file_id"):
        await bot.get_file("unknown")


async def test_sending_by_identifier_keeps_it(server: TelegramServer, bot: Any, alice: Person):
    first = await bot.send_video(
        alice.user.id, b"video", width=512, height=512, duration=3, thumbnail=picture(300, 300)
    )
    again = await bot.send_video(alice.user.id, first.video.file_id, caption="again")
    assert again.video.to_dict() == first.video.to_dict()
    assert again.video.thumbnail.width == 300
    history = server.chat_history(alice)
    assert history[-1].media_path.read_bytes() == b"video"


async def test_a_thumbnail_that_is_too_large_is_left_out(bot: Any, alice: Person):
    sent = await bot.send_video(alice.user.id, b"video", thumbnail=picture(321, 200))
    assert sent.video.thumbnail is None
    assert (sent.video.width, sent.video.height) == (320, 320)


async def test_every_way_to_send_a_file(server: TelegramServer, bot: Any, alice: Person):
    chat = alice.user.id
    assert (await bot.send_photo(chat, picture())).photo[-1].width == 640
    assert (await bot.send_video_note(chat, b"note", duration=5, length=360)).video_note.length == 360
    assert (await bot.send_voice(chat, b"voice", duration=5)).voice.mime_type == "audio/ogg"
    assert (await bot.send_audio(chat, b"audio", title="Song")).audio.title == "Song"
    assert (await bot.send_document(chat, b"text", filename="a.txt")).document.file_name == "a.txt"
    assert (await bot.send_animation(chat, b"loop", width=5, height=6)).animation.width == 5
    assert (await bot.send_sticker(chat, picture(512, 512, "WEBP"))).sticker.width == 512
    pair = await bot.send_media_group(chat, [InputMediaPhoto(picture()), InputMediaVideo(b"v")], caption="two")
    assert [message.caption for message in pair] == ["two", None]
    assert len({message.media_group_id for message in pair}) == 1
    card = await bot.send_photo(chat, picture(), caption="before")
    edited = await bot.edit_message_media(InputMediaVideo(b"v", caption="after"), chat, card.message_id)
    assert (edited.caption, edited.photo, edited.video.file_size) == ("after", (), 1)
    copy = await bot.copy_message(chat, chat, card.message_id, caption="copied")
    forwarded = await bot.forward_message(chat, chat, copy.message_id)
    assert (forwarded.caption, forwarded.forward_origin.sender_user.id) == ("copied", bot.id)
    assert server.violations == []


async def test_a_file_may_be_sent_by_link(server: TelegramServer, bot: Any, alice: Person):
    source = alice.sends_document(b"linked", "x.bin")
    link = f"{server.url}/file/bot{server.token}/{source.file.remote}"
    sent = await bot.send_document(alice.user.id, link)
    assert sent.document.file_size == 6
    with pytest.raises(BadRequest, match="Failed to get http url content"):
        await bot.send_document(alice.user.id, link + "x")


async def test_files_have_no_listing_and_end_with_the_server(server: TelegramServer, alice: Person):
    photo = alice.sends_photo(picture())
    async with aiohttp.ClientSession() as session:
        for path in ("photos", "photos/../photos/none.jpg", "..%2F..%2Fetc%2Fpasswd"):
            async with session.get(f"{server.url}/file/bot{server.token}/{path}") as answer:
                assert answer.status == 404
    await server.stop()
    assert not photo.media_path.exists()
