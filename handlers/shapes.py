"""Other shapes of a delivered video, made here and paid never: a round note, a sticker, a soundless loop."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import structlog
from telegram import InputSticker, Message, ReplyParameters
from telegram.constants import StickerFormat
from telegram.error import BadRequest, TelegramError
from telegram.ext import ExtBot

from bot.locks import KeyedLocks
from bot.media.child import run_limited
from bot.media.errors import MediaError
from bot.media.shapes import NOTE_SIDE, Shape, make_loop, make_note, make_sticker
from bot.media.video import make_thumbnail
from bot.render.audience import ChatGone, FileIdDead, MaybeSent, SendForbidden
from handlers.texts import shapes as texts
from handlers.texts.language import speaking
from handlers.transport.files import Attachment, Unreachable, save
from handlers.transport.sending import in_topic
from storage.objects import Objects
from storage.renders import Render
from storage.shapes import forget_shape, read_shape, read_sticker_set, write_shape, write_sticker_set

log = structlog.get_logger(__name__)

SHAPES = ("round", "sticker", "loop")
EMOJI = "🗣"
FULL_OR_GONE = ("stickerset_invalid", "stickers_too_much", "sticker set not found")
STRANGER = ("user not found", "peer_id_invalid", "user is deactivated", "bot was blocked")
MAKE_SECONDS = 120.0
MAKERS: dict[str, Callable[[Path, Path], Shape]] = {"round": make_note, "loop": make_loop, "sticker": make_sticker}


class NoShape(Exception):
    """The shape cannot be had; the text says why and what to do."""


@dataclass(frozen=True)
class Shaper:
    """Makes and sends the shapes of one bot's videos."""

    bot: ExtBot[Any]
    objects: Objects
    turns: KeyedLocks = field(default_factory=KeyedLocks)

    async def send(self, render: Render, shape: str, user_id: int) -> None:
        """Send a shape of a delivered video: by its id where it was made before.

        Raises:
            NoShape: it cannot be had; in the language being spoken.
        """
        async with self.turns.hold(("shape", render.chat_id)):
            await self._make_and_send(render, shape, user_id)

    async def _make_and_send(self, render: Render, shape: str, user_id: int) -> None:
        engine = self.objects.engine
        try:
            file_id = await read_shape(engine, render.id, shape)
            if file_id is not None:
                try:
                    await self._send(render, shape, file_id)
                    return
                except FileIdDead:
                    await forget_shape(engine, render.id, shape)
            with self.objects.scratch() as folder:
                made = folder / "shape"
                facts = await self._make(render, shape, folder, made)
                if shape == "sticker":
                    file_id = await self._into_set(render, made.read_bytes(), user_id)
                    await self._send(render, shape, file_id)
                else:
                    file_id = _file_id(await self._send(render, shape, made, facts))
            await write_shape(engine, render.id, shape, file_id)
        except SendForbidden as error:
            raise NoShape(texts.FORBIDDEN()) from error
        except MediaError as error:
            log.warning("a shape could not be made", render=render.id, shape=shape, why=str(error))
            raise NoShape(texts.FAILED()) from error
        except (ChatGone, MaybeSent) as error:
            log.info("a shape may not have arrived", render=render.id, shape=shape, why=type(error).__name__)

    async def _make(self, render: Render, shape: str, folder: Path, made: Path) -> Shape:
        source = await self.video_of(render, folder / "video.mp4")
        await run_limited(make_thumbnail, source, folder / "thumbnail.jpg")
        return await run_limited(MAKERS[shape], source, made, seconds=MAKE_SECONDS)

    async def video_of(self, render: Render, target: Path) -> Path:
        """The video of a render: where it is kept, or fetched from Telegram into `target`.

        Raises:
            NoShape: it is gone.
        """
        kept = await self.objects.get(render.video_sha or "")
        if kept is not None and await asyncio.to_thread(self.objects.path(kept).exists):
            return self.objects.path(kept)
        if not render.video_file_id:
            raise NoShape(texts.GONE())
        try:
            await save(Attachment(self.bot, render.video_file_id, None), target)
        except (Unreachable, MediaError) as error:
            raise NoShape(texts.GONE()) from error
        return target

    async def _send(self, render: Render, shape: str, what: str | Path, facts: Shape | None = None) -> Message:
        calls: dict[str, Callable[..., Awaitable[Message]]] = {
            "round": self.bot.send_video_note,
            "sticker": self.bot.send_sticker,
            "loop": self.bot.send_animation,
        }
        named = {"round": "video_note", "sticker": "sticker", "loop": "animation"}[shape]
        sent = what.read_bytes() if isinstance(what, Path) else what  # noqa: ASYNC240 - some 200 kB
        more: dict[str, Any] = {}
        if facts is not None:
            more["duration"] = max(1, round(facts.seconds))
            more |= {"length": NOTE_SIDE} if shape == "round" else {"width": facts.width, "height": facts.height}

        async def send(thread_id: int | None) -> Message:
            return await calls[shape](
                chat_id=render.chat_id,
                message_thread_id=thread_id,
                reply_parameters=ReplyParameters(render.voice_message_id, allow_sending_without_reply=True),
                **{named: sent},
                **more,
            )

        return await in_topic(send, render.thread_id, longest=60)

    async def _into_set(self, render: Render, data: bytes, user_id: int) -> str:
        """Put a sticker into the chat's own set, which is made at the first, when it is full, or was deleted."""
        sticker = InputSticker(data, [EMOJI], StickerFormat.VIDEO)
        known = await read_sticker_set(self.objects.engine, render.chat_id)
        try:
            if known is not None:
                name, owner_id = known
                try:
                    await self.bot.add_sticker_to_set(owner_id, name, sticker)
                    return await self._last(name)
                except BadRequest as error:
                    if not any(part in str(error).lower() for part in FULL_OR_GONE):
                        raise
            name = f"faces{secrets.token_hex(8)}_by_{self.bot.username}"
            title = texts.SET_TITLE(name=await self._chat_name(render.chat_id))[:64]
            await self.bot.create_new_sticker_set(user_id, name, title, [sticker])
            await write_sticker_set(self.objects.engine, render.chat_id, name, user_id)
            return await self._last(name)
        except TelegramError as error:
            if any(part in str(error).lower() for part in STRANGER):
                raise NoShape(texts.START_FIRST()) from error
            log.warning("a sticker could not be put into its set", render=render.id, why=str(error))
            raise NoShape(texts.FAILED()) from error

    async def _last(self, name: str) -> str:
        return (await self.bot.get_sticker_set(name)).stickers[-1].file_id

    async def _chat_name(self, chat_id: int) -> str:
        chat = await self.bot.get_chat(chat_id)
        return chat.title or chat.first_name or ""


async def send_chosen(shaper: Shaper, render: Render, shape: str) -> None:
    """Send the shape that a chat has chosen, behind the video; what stands in its way is said in the log only."""
    if shape not in SHAPES or await read_shape(shaper.objects.engine, render.id, shape) is not None:
        return
    with speaking(render.language):
        try:
            await shaper.send(render, shape, render.user_id)
        except NoShape as error:
            log.info("a chosen shape could not be sent", render=render.id, shape=shape, why=str(error))


def _file_id(message: Message) -> str:
    kept = message.video_note or message.animation or message.document
    return kept.file_id if kept else ""
