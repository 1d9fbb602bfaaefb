"""A person and a bot talk, the bot being python-telegram-bot over HTTP."""

import asyncio
from typing import Any

import pytest
from telegram import InlineKeyboardButton, InlineKeyboardMarkup
from telegram.ext import Application, CallbackQueryHandler, CommandHandler, MessageHandler, filters

from bot.sandbox.telegram import Person, TelegramServer
from tests.sandbox.telegram.conftest import picture

App = Application[Any, Any, Any, Any, Any, Any]


async def test_a_photo_comes_back_as_a_video_and_its_button_works(server: TelegramServer, app: App, alice: Person):
    async def on_photo(update: Any, _: Any) -> None:
        file = await update.message.photo[-1].get_file()
        data = bytes(await file.download_as_bytearray())
        await update.message.reply_chat_action("record_video")
        await update.message.reply_video(
            data,
            width=512,
            height=512,
            duration=4,
            thumbnail=picture(320, 240),
            caption="<b>done</b> at https://example.org",
            parse_mode="HTML",
            do_quote=True,
            reply_markup=InlineKeyboardMarkup([[InlineKeyboardButton("Again", callback_data="again")]]),
        )

    async def on_press(update: Any, _: Any) -> None:
        await update.callback_query.answer("once more", show_alert=True)
        await update.callback_query.edit_message_caption("gone")

    app.add_handlers([MessageHandler(filters.PHOTO, on_photo), CallbackQueryHandler(on_press)])
    photo = alice.sends_photo(picture(1600, 1200))
    await alice.sees_action("record_video")
    video = await alice.sees_video()
    assert video.reply_to is not None
    assert video.reply_to.id == photo.id
    assert video.media_path.read_bytes() == photo.media_path.read_bytes()
    assert video.text == "done at https://example.org"
    assert [entity["type"] for entity in video.content["caption_entities"]] == ["bold", "url"]
    assert (video.video["width"], video.video["duration"], video.video["thumbnail"]["width"]) == (512, 4, 320)
    answer = await alice.presses(video, "Again")
    assert (answer.text, answer.alert) == ("once more", True)
    edited = await alice.sees("gone")
    assert edited.id == video.id
    assert edited.buttons == []
    assert server.violations == []


async def test_every_kind_of_file_arrives_as_what_it_is(app: App, alice: Person):
    async def tell(update: Any, _: Any) -> None:
        message = update.effective_message
        content = message.effective_attachment
        content = content[-1] if message.photo else content
        shown = content.to_dict()
        await message.reply_text(f"{type(content).__name__} {shown.get('duration', '-')} {shown.get('file_size', '-')}")

    app.add_handler(MessageHandler(filters.ALL & ~filters.COMMAND, tell))
    for send, shown in (
        (lambda: alice.sends_voice(b"12345", seconds=7), "Voice .*0:00:07|Voice 7 5"),
        (lambda: alice.sends_audio(b"123456", seconds=61), "Audio"),
        (lambda: alice.sends_video_note(b"1234567", seconds=3), "VideoNote"),
        (lambda: alice.sends_video(b"12345678", seconds=3), "Video .* 8"),
        (lambda: alice.sends_document(b"123456789", "face.heic", "image/heic"), "Document - 9"),
        (lambda: alice.sends_sticker(b"RIFF"), "Sticker - 4"),
        (lambda: alice.sends_location(59.9, 30.3), "Location"),
    ):
        send()
        await alice.sees(shown)


async def test_two_messages_in_the_same_instant_come_in_one_answer(api: Any, server: TelegramServer, alice: Person):
    await api("getUpdates", offset=server.updates()[-1]["update_id"] + 1)
    asked = asyncio.Event()
    server.faults.watch("getUpdates", "before", lambda _: asked.set())
    waiting = asyncio.create_task(api("getUpdates", timeout=20))
    await asked.wait()
    alice.sends_photo(picture())
    alice.sends_voice(b"voice", seconds=2)
    first, second = await asyncio.wait_for(waiting, 60)
    assert "photo" in first["message"]
    assert "voice" in second["message"]


async def test_an_album_is_one_group_and_one_caption(server: TelegramServer, alice: Person):
    album = alice.sends_album([picture(), picture(300, 300)], caption="the two of us")
    assert len({message.content["media_group_id"] for message in album}) == 1
    assert [message.text for message in album] == ["the two of us", ""]


async def test_an_update_can_be_delivered_again(server: TelegramServer, app: App, alice: Person):
    async def hear(update: Any, _: Any) -> None:
        await update.message.reply_text(f"update {update.update_id}")

    app.add_handler(CommandHandler("help", hear))
    alice.sends("/help")
    await alice.sees("update")
    server.redeliver(server.updates()[-1])
    again = await alice.sees("update")
    assert again.text == f"update {server.updates()[-1]['update_id']}"


async def test_a_wait_that_fails_shows_the_chat(bot: Any, alice: Person):
    await bot.send_message(alice.user.id, "not what is waited for")
    with pytest.raises(AssertionError) as caught:
        await alice.sees("a video", timeout=0.05)
    lines = str(caught.value).splitlines()
    assert lines[0] == "Alice did not see 'a video' in 0.05 s"
    assert lines[2:] == ["#1 Alice: /start", "#2 EMO (bot): not what is waited for"]


async def test_a_press_that_nobody_answers_fails(bot: Any, alice: Person):
    keyboard = InlineKeyboardMarkup([[InlineKeyboardButton("Go", callback_data="go")]])
    await bot.send_message(alice.user.id, "well?", reply_markup=keyboard)
    message = await alice.sees("well")
    with pytest.raises(AssertionError, match="did not answer"):
        await alice.presses(message, "Go").answer(timeout=0.05)
    with pytest.raises(AssertionError, match="no button 'Stop'"):
        alice.presses(message, "Stop")


async def test_a_client_refuses_what_clients_refuse(alice: Person):
    with pytest.raises(ValueError, match="no picture"):
        alice.sends_photo(b"not a picture")
    with pytest.raises(ValueError, match="4096"):
        alice.sends("x" * 4097)
    with pytest.raises(ValueError, match="1024"):
        alice.sends_photo(picture(), caption="x" * 1025)
    with pytest.raises(ValueError, match="length"):
        alice.sends_voice(b"damaged")


async def test_events_tell_the_story_without_the_token(server: TelegramServer, bot: Any, alice: Person):
    await bot.send_message(alice.user.id, "hello")
    events = server.world.log.since(0)
    kinds = [event.kind for event in events]
    assert kinds == ["call", "answer", "new", "update", "call", "new", "answer"]
    assert [event.number for event in events] == list(range(1, len(events) + 1))
    assert server.token not in repr(events) + repr(server)
    seen = []
    async for event in server.events(since=2):
        seen.append(event.number)
        if event.number == events[-1].number:
            break
    assert seen == list(range(3, len(events) + 1))


async def test_seeing_nothing(bot: Any, alice: Person):
    await alice.sees_nothing(seconds=0.05)
    await bot.send_message(alice.user.id, "something")
    with pytest.raises(AssertionError, match="Alice was to see nothing"):
        await alice.sees_nothing(seconds=0.05)


async def test_what_was_seen_is_not_seen_again(bot: Any, alice: Person):
    card = await bot.send_message(alice.user.id, "step 1")
    await bot.edit_message_text("step 2", alice.user.id, card.message_id)
    assert [(await alice.sees("step")).text for _ in range(2)] == ["step 1", "step 2"]
    with pytest.raises(AssertionError):
        await alice.sees("step", timeout=0.05)
