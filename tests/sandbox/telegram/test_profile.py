"""How the bot introduces itself, and its sticker sets."""

import io
from typing import Any

import av
import numpy
import pytest
from telegram import Bot, BotCommandScopeChat, InputSticker, MenuButtonCommands, ReactionTypeEmoji
from telegram.error import BadRequest

from bot.sandbox.telegram import Person, TelegramServer
from tests.sandbox.telegram.conftest import picture


def webm(width: int = 512, height: int = 256, seconds: float = 0.2) -> bytes:
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="webm") as container:
        stream = container.add_stream("libvpx-vp9", rate=10)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for _ in range(round(seconds * 10)):
            frame = av.VideoFrame.from_ndarray(numpy.zeros((height, width, 3), "uint8"), format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return buffer.getvalue()


async def test_names_commands_and_the_menu(server: TelegramServer, bot: Bot, alice: Person):
    assert (await bot.get_me()).username == "emo_sandbox_bot"
    assert await bot.set_my_commands([("start", "begin")])
    assert await bot.set_my_commands([("start", "начать")], language_code="ru")
    alice.starts()
    scope = BotCommandScopeChat(alice.user.id)
    assert await bot.set_my_commands([("cast", "faces")], scope=scope)
    assert [command.description for command in await bot.get_my_commands()] == ["begin"]
    assert [command.description for command in await bot.get_my_commands(language_code="ru")] == ["начать"]
    assert [command.command for command in await bot.get_my_commands(scope=scope)] == ["cast"]
    assert await bot.delete_my_commands()
    assert await bot.get_my_commands() == ()
    await bot.set_my_name("Talking faces")
    await bot.set_my_description("long")
    await bot.set_my_short_description("short", language_code="ru")
    assert (await bot.get_my_name()).name == "Talking faces"
    assert (await bot.get_my_description()).description == "long"
    assert (await bot.get_my_short_description(language_code="ru")).short_description == "short"
    assert await bot.set_chat_menu_button(alice.user.id, MenuButtonCommands())
    assert (await bot.get_chat_menu_button(alice.user.id)).type == "commands"
    with pytest.raises(BadRequest, match="Bot_command_invalid"):
        await bot.set_my_commands([("Größe", "x")])
    with pytest.raises(BadRequest, match="Invalid language code"):
        await bot.set_my_commands([("start", "開始")], language_code="zh-hant")
    assert server.violations == []


async def test_a_reaction(server: TelegramServer, bot: Bot, alice: Person):
    voice = alice.sends_voice(b"voice", seconds=2)
    assert await bot.set_message_reaction(alice.user.id, voice.id, ReactionTypeEmoji("👀"))
    assert server.world.log.since(0)[-2].data["reaction"] == [{"type": "emoji", "emoji": "👀"}]


async def test_a_sticker_set(server: TelegramServer, bot: Any, alice: Person):
    name = "faces_by_emo_sandbox_bot"
    with pytest.raises(BadRequest, match="Stickerset_invalid"):
        await bot.get_sticker_set(name)
    assert await bot.create_new_sticker_set(alice.user.id, name, "Faces", [InputSticker(webm(), ["🗣"], "video")])
    with pytest.raises(BadRequest, match="already occupied"):
        await bot.create_new_sticker_set(alice.user.id, name, "Faces", [InputSticker(webm(), ["🗣"], "video")])
    assert await bot.add_sticker_to_set(alice.user.id, name, InputSticker(picture(512, 300, "WEBP"), ["😀"], "static"))
    first, second = (await bot.get_sticker_set(name)).stickers
    assert (first.is_video, first.width, first.set_name) == (True, 512, name)
    sent = await bot.send_sticker(alice.user.id, first.file_id)
    assert sent.sticker.file_unique_id == first.file_unique_id
    assert await bot.delete_sticker_from_set(second.file_id)
    assert len((await bot.get_sticker_set(name)).stickers) == 1
    assert await bot.delete_sticker_set(name)
    assert server.violations == []


@pytest.mark.parametrize(
    ("sticker", "words"),
    [
        (lambda: webm(width=256), "Sticker_video_nodimensions"),
        (lambda: webm(seconds=3.3), "Sticker_video_long"),
        (lambda: b"\x1aE\xdf\xa3 not really", "Sticker_video_nowebm"),
        (lambda: picture(512, 512), "Sticker_video_nowebm"),
    ],
)
async def test_a_video_sticker_that_is_refused(bot: Bot, alice: Person, sticker, words: str):
    item = InputSticker(sticker(), ["🗣"], "video")
    with pytest.raises(BadRequest, match=words):
        await bot.create_new_sticker_set(alice.user.id, "x_by_emo_sandbox_bot", "Faces", [item])
