"""Sending a duet: the videos of its two halves become one, which gets the same care as any other paid video."""

from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine
from telegram import InlineKeyboardButton, InlineKeyboardMarkup, Message, ReplyParameters
from telegram.error import TelegramError
from telegram.ext import ExtBot

from bot.media.child import run_limited
from bot.media.errors import MediaError, Reason
from bot.media.facts import VideoFacts
from bot.media.jobs import join_videos, make_thumbnail
from bot.render.audience import ChatGone, MaybeSent, SendForbidden, UploadTooLarge
from bot.render.labelling import Labels, mark_of
from bot.render.machine import Machine
from handlers.formats import NoFormat, video_of
from handlers.texts import BUTTON_SEND_AGAIN, BUTTON_TRY_AGAIN
from handlers.texts import duet as texts
from handlers.texts.barriers import BARRIERS
from handlers.texts.language import Text, speaking
from handlers.texts.restored import DUET as RESTORED_DUET
from handlers.transport.keyboards import in_rows
from handlers.transport.privately import tell_privately
from handlers.transport.sending import TAKE_SECONDS, until_sent
from storage.duets import Duet, end_duet, open_duets, read_duet
from storage.objects import Objects
from storage.passing import until_written
from storage.renders import DUET, Render, Stage, find_render
from storage.showings import note_showing

log = structlog.get_logger(__name__)

OTHER = {"side": ("turn", texts.TURN), "turn": ("side", texts.SIDE)}
JOIN_SECONDS = 900.0


class Unsent(Exception):
    """A duet did not come, or maybe did; the text says why, and the button what may be done.

    Args:
        text: what the person reads.
        button: sends it again, where that may help.
        parts: whether each part alone is offered.
    """

    def __init__(self, text: str, button: Text | None = None, *, parts: bool = False) -> None:
        super().__init__(text)
        self.text = text
        self.button = button
        self.parts = parts


@dataclass(frozen=True)
class Joined:
    """A duet on disk: its video, what is known of it, and its thumbnail."""

    video: Path
    thumbnail: Path
    facts: VideoFacts


class Duets:
    """Sends the duets of one bot: each once, when both of its halves are there, and again when somebody asks."""

    def __init__(
        self,
        bot: ExtBot[Any],
        database: AsyncEngine,
        objects: Objects,
        labels: Labels,
        upload_limit: int,
        machine: Machine,
    ) -> None:
        self._bot = bot
        self._database = database
        self._objects = objects
        self._labels = labels
        self._upload_limit = upload_limit
        self._machine = machine

    async def takes(self, half: Render) -> bool:
        """Whether a render is one half of a duet that still goes on: its video is sent with the other one's."""
        duet = await read_duet(self._database, half.duet_id) if half.duet_id else None
        return duet is not None and duet.ended_at is None

    async def send_when_whole(self, duet_id: str) -> None:
        """Send a duet when both of its halves are there, once."""
        async with self._machine.hold(f"duet:{duet_id}"):
            duet = await read_duet(self._database, duet_id)
            if duet is None or duet.ended_at is not None:
                return
            halves = await self.halves_of(duet)
            if len(halves) == 2 and all(half.stage is Stage.DELIVERED for half in halves):
                if all(half.restored_at for half in halves):  # it may have been sent since the backup
                    with speaking(duet.language):
                        await self._say(duet, RESTORED_DUET(), _button(BUTTON_SEND_AGAIN, duet, duet.layout))
                else:
                    await self._send(duet, halves, duet.layout)
                await until_written(partial(end_duet, self._database, duet_id))

    async def resume(self) -> None:
        """Send the duets that were whole when an earlier process was killed."""
        for duet_id in await open_duets(self._database):
            await self.send_when_whole(duet_id)

    async def fail(self, half: Render) -> None:
        """End the duet of which this half failed, if it is one; of the other half, if it is made, say where it is."""
        duet = await read_duet(self._database, half.duet_id) if half.duet_id else None
        if duet is None or duet.ended_at is not None:
            return
        await end_duet(self._database, duet.id)
        for other in await self.halves_of(duet):
            if other.id != half.id and other.stage is Stage.DELIVERED:
                with speaking(duet.language):
                    buttons = InlineKeyboardMarkup(_part_buttons(duet, [other]))
                    await self._say(duet, texts.HALF(name=_name_of(duet, other)), buttons)

    async def halves_of(self, duet: Duet) -> list[Render]:
        """The renders of a duet that there are."""
        found = [await find_render(self._database, f"{DUET}{duet.id}:{number}") for number in (1, 2)]
        return [half for half in found if half is not None]

    async def send_again(self, duet: Duet, halves: Sequence[Render], layout: str) -> None:
        """Send a duet once more, in a layout: nothing is paid."""
        async with self._machine.hold(f"duet:{duet.id}"):
            await self._send(duet, halves, layout)

    async def _send(self, duet: Duet, halves: Sequence[Render], layout: str) -> None:
        """Join the halves and send them until Telegram takes them; what stands in the way for good is said."""
        with speaking(duet.language), self._objects.scratch() as folder:
            try:
                await self._send_until_taken(duet, halves, layout, folder)
            except Unsent as unsent:
                log.warning("a duet may not have arrived", duet=duet.id, why=str(unsent.__cause__))
                rows = _button(unsent.button, duet, layout).inline_keyboard if unsent.button else ()
                parts = _part_buttons(duet, halves) if unsent.parts else []
                buttons = InlineKeyboardMarkup([*rows, *parts]) if rows or parts else None
                await self._say(duet, unsent.text, buttons)
            except ChatGone as error:
                log.info("nobody is there any more to get a duet", duet=duet.id, why=str(error))

    async def _join(self, duet: Duet, halves: Sequence[Render], layout: str, folder: Path, limit: int) -> Joined:
        video, thumbnail = folder / "duet.mp4", folder / "thumbnail.jpg"
        try:
            async with AsyncExitStack() as stack:
                first, second = [
                    await stack.enter_async_context(video_of(self._bot, self._objects, half, folder / f"{number}.mp4"))
                    for number, half in enumerate(halves)
                ]
                mark = mark_of(self._labels.mark_for(duet.language))
                join = join_videos(first, second, video, mark, limit, side_by_side=layout == "side")
                facts = await run_limited(join, seconds=JOIN_SECONDS)
            await self._labels.sign(video)
            await run_limited(make_thumbnail(video, thumbnail))
        except MediaError as error:
            if error.reason is Reason.VIDEO_TOO_LARGE:
                raise Unsent(texts.TOO_LARGE(), parts=True) from error
            raise Unsent(texts.FAILED(), parts=True) from error
        except NoFormat as error:
            raise Unsent(texts.FAILED(), parts=True) from error
        return Joined(video, thumbnail, facts)

    async def _send_until_taken(self, duet: Duet, halves: Sequence[Render], layout: str, folder: Path) -> None:
        """Send a duet; where the way to Telegram takes no file of that size, once more with half of it.

        Raises:
            Unsent: it did not come, or maybe did.
            ChatGone: nobody is there any more.
        """
        joined = await self._join(duet, halves, layout, folder, self._upload_limit)
        try:
            try:
                await self._upload(duet, joined, layout)
            except UploadTooLarge:
                smaller = min(self._upload_limit, joined.facts.size) // 2
                log.warning("Telegram takes no file of that size; sending a smaller one", duet=duet.id, limit=smaller)
                await self._upload(duet, await self._join(duet, halves, layout, folder, smaller), layout)
        except UploadTooLarge as error:
            raise Unsent(texts.TOO_LARGE(), parts=True) from error
        except SendForbidden as error:
            await tell_privately(self._bot, duet.user_id, duet.chat_id, error.barrier)
            raise Unsent(BARRIERS[error.barrier](), BUTTON_TRY_AGAIN) from error
        except MaybeSent as error:
            raise Unsent(texts.MAYBE_SENT(), BUTTON_SEND_AGAIN) from error
        except TelegramError as error:
            raise Unsent(texts.NOT_TAKEN(), BUTTON_TRY_AGAIN, parts=True) from error

    async def _upload(self, duet: Duet, joined: Joined, layout: str) -> None:
        video, facts = joined.video, joined.facts
        other, label = OTHER[layout]

        async def send() -> Message:
            with video.open("rb") as file, joined.thumbnail.open("rb") as thumbnail:
                return await self._bot.send_video(
                    duet.chat_id,
                    file,
                    thumbnail=thumbnail,
                    filename="duet.mp4",
                    width=facts.width,
                    height=facts.height,
                    duration=max(1, round(facts.seconds)),
                    caption=texts.CAPTION(first=duet.first_name, second=duet.second_name),
                    supports_streaming=True,
                    read_timeout=TAKE_SECONDS,
                    message_thread_id=duet.thread_id or None,
                    reply_parameters=ReplyParameters(duet.second_message_id or 0, allow_sending_without_reply=True),
                    reply_markup=_button(label, duet, other),
                )

        message = await until_sent(send)
        halves = [half.id for half in await self.halves_of(duet)]
        await note_showing(self._database, duet.chat_id, message.message_id, *halves)

    async def _say(self, duet: Duet, text: str, button: InlineKeyboardMarkup | None = None) -> None:
        try:
            await until_sent(
                lambda: self._bot.send_message(
                    duet.chat_id, text, message_thread_id=duet.thread_id or None, reply_markup=button
                ),
                may_repeat=True,
            )
        except (ChatGone, SendForbidden, MaybeSent, TelegramError) as error:
            log.warning("a word about a duet was not taken", duet=duet.id, why=str(error))


def _part_buttons(duet: Duet, halves: Sequence[Render]) -> list[list[InlineKeyboardButton]]:
    """Return the buttons that send parts of a duet alone, free."""
    labels = {half.id: texts.BUTTON_PART(name=_name_of(duet, half)) for half in halves}
    return in_rows(
        [InlineKeyboardButton(label, callback_data=f"render:{render_id}:get") for render_id, label in labels.items()]
    )


def _name_of(duet: Duet, half: Render) -> str:
    return duet.first_name if half.origin == f"{DUET}{duet.id}:1" else duet.second_name


def _button(label: Text, duet: Duet, layout: str) -> InlineKeyboardMarkup:
    return InlineKeyboardMarkup([[InlineKeyboardButton(label(), callback_data=f"duet:{duet.id}:{layout}")]])
