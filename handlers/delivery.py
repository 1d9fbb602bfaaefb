"""Delivery: the video comes as a reply to the voice, in the same topic, with what one can do next below it."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine
from telegram import InlineKeyboardButton, InlineKeyboardMarkup, Message, ReplyParameters
from telegram.constants import ChatAction
from telegram.ext import ExtBot

from bot.render.audience import ChatGone, HeldBack, NotTaken, Sent, Video
from handlers import texts
from handlers.business import approval
from handlers.card import Cards
from handlers.duet.sending import Duets
from handlers.formats import FORMATS, FormatMaker
from handlers.texts.cast import BUTTON_NEW_VOICE, BUTTON_SAVE_FACE
from handlers.texts.formats import LOOP, ROUND, STICKER
from handlers.texts.language import Text, speaking
from handlers.transport.doing import show_doing
from handlers.transport.keyboards import in_rows
from handlers.transport.presence import is_gone
from handlers.transport.sending import TAKE_SECONDS, try_once
from storage.business import BusinessReply, find_reply
from storage.choices import read_choices
from storage.photo_changes import NEW_PHOTO
from storage.renders import Render, Stage

log = structlog.get_logger(__name__)


class Chats:
    """The audience of a bot: renders are shown in chats."""

    def __init__(
        self, bot: ExtBot[Any], database: AsyncEngine, cards: Cards, format_maker: FormatMaker, duets: Duets
    ) -> None:
        self._bot = bot
        self._database = database
        self.cards = cards
        self.format_maker = format_maker
        self.duets = duets

    async def send_video(self, render: Render, video: Video) -> Sent:
        """Upload a video. See `bot.render.audience.Audience`."""
        await self._hold_back(render)
        await show_doing(self._bot, render.chat_id, render.thread_id, ChatAction.UPLOAD_VIDEO)
        place = await self._place(render)

        async def send() -> Message:
            with video.path.open("rb") as file, video.thumbnail.open("rb") as thumbnail:
                return await self._bot.send_video(
                    video=file,
                    filename="talking.mp4",
                    thumbnail=thumbnail,
                    width=video.width,
                    height=video.height,
                    duration=max(1, round(video.seconds)),
                    supports_streaming=True,
                    read_timeout=TAKE_SECONDS,
                    message_thread_id=render.thread_id or None,
                    **place,
                )

        return await self._send(render, send)

    async def send_again(self, render: Render, file_id: str) -> Sent:
        """Send an earlier video by its id. See `bot.render.audience.Audience`."""
        await self._hold_back(render)
        place = await self._place(render)

        async def send() -> Message:
            return await self._bot.send_video(video=file_id, message_thread_id=render.thread_id or None, **place)

        return await self._send(render, send)

    async def _hold_back(self, render: Render) -> None:
        if await self.duets.takes(render):
            raise HeldBack

    async def _send(self, render: Render, send: Callable[[], Awaitable[Message]]) -> Sent:
        try:
            return _sent(await try_once(send))
        except ChatGone as error:
            if await is_gone(self._bot, render.chat_id):
                raise
            raise NotTaken(str(error), 0.0) from error

    async def _place(self, render: Render) -> dict[str, Any]:
        return _place(
            render, await find_reply(self._database, render.chat_id, voice_message_id=render.voice_message_id)
        )

    async def tell_end(self, render: Render) -> None:
        """Let the card say how it ended; a duet ends with its half. Whoever changes a photo has been told."""
        if render.reason == NEW_PHOTO:
            return
        if render.stage is not Stage.DELIVERED:
            await self.duets.fail(render)
        await self.cards.end(render)

    async def clear_card(self, render: Render) -> None:
        """Take the card away; the chat's chosen format follows."""
        if render.duet_id is not None:
            await self.duets.send_when_whole(render.duet_id)  # its card says meanwhile that it is being sent
            await self.cards.clear(render)
            return
        await self.cards.clear(render)
        choices = await read_choices(self._database, render.chat_id)
        await self.format_maker.send_chosen(render, choices.video_format)


def _place(render: Render, reply: BusinessReply | None) -> dict[str, Any]:
    with speaking(render.language):
        caption, buttons = texts.CAPTION(), below_video(render, reply)
    return {
        "chat_id": render.chat_id,
        "caption": caption,
        "reply_parameters": ReplyParameters(render.voice_message_id, allow_sending_without_reply=True),
        "reply_markup": buttons,
    }


def _sent(message: Message) -> Sent:
    kept = message.video or message.animation or message.document
    return Sent(message.message_id, kept.file_id if kept else None)


def below_video(render: Render, reply: BusinessReply | None = None) -> InlineKeyboardMarkup:
    """The buttons under a delivered video, and under one that is an answer to a customer."""
    can_choose = bool(render.ratio or render.style)

    def row(labels: Mapping[str, Text]) -> list[list[InlineKeyboardButton]]:
        return in_rows(
            [
                InlineKeyboardButton(label(), callback_data=f"render:{render.id}:{does}")
                for does, label in labels.items()
            ]
        )

    again = {"again": texts.BUTTON_AGAIN} if can_choose else {}
    return InlineKeyboardMarkup(
        [
            *([approval(reply, render.id)] if reply and reply.sent_message_id is None else []),
            *row({**again, "save": BUTTON_SAVE_FACE}),
            *row({"voice": BUTTON_NEW_VOICE, "photo": texts.BUTTON_NEW_PHOTO}),
            *row(dict(zip(FORMATS, (ROUND, STICKER, LOOP), strict=True))),
        ]
    )
