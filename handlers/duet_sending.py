"""Sending a duet: the videos of its two halves become one, which gets the same care as any other paid video."""

import re
from dataclasses import dataclass
from pathlib import Path

import structlog
from telegram import InlineKeyboardButton, InlineKeyboardMarkup, Message, ReplyParameters, Update
from telegram.error import TelegramError

from bot.media.child import run_limited
from bot.media.errors import MediaError
from bot.media.facts import VideoFacts
from bot.media.jobs import join_videos, make_thumbnail, shrink_video
from bot.render.audience import ChatGone, MaybeSent, SendForbidden, UploadTooLarge
from bot.render.video import UPLOAD_LIMIT
from handlers.context import Context, services_of
from handlers.formats import FormatMaker, NoFormat
from handlers.texts import BUTTON_GONE, BUTTON_NOT_YOURS, BUTTON_SEND_AGAIN, BUTTON_TRY_AGAIN
from handlers.texts import duet as texts
from handlers.texts.barriers import BARRIERS
from handlers.texts.language import Text, speaking
from handlers.transport.press import read_press
from handlers.transport.privately import tell_privately
from handlers.transport.sending import TAKE_SECONDS, in_topic
from storage.duets import Duet, end_duet, open_duets, read_duet
from storage.renders import DUET, Render, Stage, find_render

log = structlog.get_logger(__name__)

PATTERN = re.compile(r"duet:(?P<id>[0-9a-f]{1,32}):(?P<layout>side|turn)")
OTHER = {"side": ("turn", texts.TURN), "turn": ("side", texts.SIDE)}
JOIN_SECONDS, SHRINK_SECONDS = 300.0, 600.0


class Unsent(Exception):
    """A duet did not come, or maybe did; the text says why, and the button what may be done.

    Args:
        text: what the person reads.
        button: sends it again, where that may help.
    """

    def __init__(self, text: str, button: Text | None = None) -> None:
        super().__init__(text)
        self.text = text
        self.button = button


async def send_when_whole(format_maker: FormatMaker, duet_id: str) -> None:
    """Send a duet when both of its halves are there, once."""
    async with format_maker.turns.hold(duet_id):
        duet = await read_duet(format_maker.objects.database, duet_id)
        if duet is None or duet.ended_at is not None:
            return
        halves = await halves_of(format_maker, duet)
        if len(halves) == 2 and all(half.stage is Stage.DELIVERED for half in halves):
            await send_duet(format_maker, duet, halves, duet.layout)
            await end_duet(format_maker.objects.database, duet_id)


async def resume_duets(format_maker: FormatMaker) -> None:
    """Send the duets that were whole when an earlier process was killed."""
    for duet_id in await open_duets(format_maker.objects.database):
        await send_when_whole(format_maker, duet_id)


async def fail_duet(format_maker: FormatMaker, half: Render) -> None:
    """End a duet of which one half failed; of the other one, if it is made, say where it is."""
    database = format_maker.objects.database
    duet = await read_duet(database, half.duet_id or "")
    if duet is None or duet.ended_at is not None:
        return
    await end_duet(database, duet.id)
    names = (duet.first_name, duet.second_name)
    for number, name in enumerate(names, start=1):
        other = await find_render(database, f"{DUET}{duet.id}:{number}")
        if other is not None and other.id != half.id and other.stage is Stage.DELIVERED:
            with speaking(duet.language):
                await _say(format_maker, duet, texts.HALF(name=name))


async def halves_of(format_maker: FormatMaker, duet: Duet) -> list[Render]:
    """The renders of a duet that there are."""
    found = [await find_render(format_maker.objects.database, f"{DUET}{duet.id}:{number}") for number in (1, 2)]
    return [half for half in found if half is not None]


async def send_duet(format_maker: FormatMaker, duet: Duet, halves: list[Render], layout: str) -> None:
    """Join the halves and send them until Telegram takes them; what stands in the way for good is said."""
    with speaking(duet.language), format_maker.objects.scratch() as folder:
        try:
            joined = await _join(format_maker, halves, layout, folder)
            await _send_until_taken(format_maker, duet, joined, layout)
        except Unsent as unsent:
            log.warning("a duet may not have arrived", duet=duet.id, why=str(unsent.__cause__))
            button = _button(unsent.button, duet, layout) if unsent.button else None
            await _say(format_maker, duet, unsent.text, button)
        except ChatGone as error:
            log.info("nobody is there any more to get a duet", duet=duet.id, why=str(error))


@dataclass(frozen=True)
class Joined:
    """A duet on disk: its video, what is known of it, and its thumbnail."""

    video: Path
    thumbnail: Path
    facts: VideoFacts


async def _join(format_maker: FormatMaker, halves: list[Render], layout: str, folder: Path) -> Joined:
    video, thumbnail = folder / "duet.mp4", folder / "thumbnail.jpg"
    try:
        first, second = [
            await format_maker.video_of(half, folder / f"{number}.mp4") for number, half in enumerate(halves)
        ]
        join = join_videos(first, second, video, side_by_side=layout == "side")
        facts = await run_limited(join, seconds=JOIN_SECONDS)
        await run_limited(make_thumbnail(video, thumbnail))
    except (MediaError, NoFormat) as error:
        raise Unsent(texts.FAILED()) from error
    return Joined(video, thumbnail, facts)


async def _send_until_taken(format_maker: FormatMaker, duet: Duet, joined: Joined, layout: str) -> None:
    """Send a duet; where the way to Telegram takes no file of that size, once more with half of it.

    Raises:
        Unsent: it did not come, or maybe did.
        ChatGone: nobody is there any more.
    """
    try:
        try:
            await _upload(format_maker, duet, joined, layout, UPLOAD_LIMIT)
        except UploadTooLarge:
            smaller = min(UPLOAD_LIMIT, joined.facts.size) // 2
            log.warning("Telegram takes no file of that size; sending a smaller one", duet=duet.id, limit=smaller)
            await _upload(format_maker, duet, joined, layout, smaller)
    except (UploadTooLarge, MediaError) as error:
        raise Unsent(texts.TOO_LARGE()) from error
    except SendForbidden as error:
        await tell_privately(format_maker.bot, duet.user_id, duet.chat_id, error.barrier)
        raise Unsent(BARRIERS[error.barrier](), BUTTON_TRY_AGAIN) from error
    except MaybeSent as error:
        raise Unsent(texts.MAYBE_SENT(), BUTTON_SEND_AGAIN) from error
    except TelegramError as error:
        raise Unsent(texts.NOT_TAKEN(), BUTTON_TRY_AGAIN) from error


async def _upload(format_maker: FormatMaker, duet: Duet, joined: Joined, layout: str, limit: int) -> None:
    video, facts = joined.video, joined.facts
    if facts.size > limit:
        video = joined.video.with_name("smaller.mp4")
        facts = await run_limited(shrink_video(joined.video, video, limit), seconds=SHRINK_SECONDS)
    other, label = OTHER[layout]

    async def send(thread_id: int | None) -> Message:
        with video.open("rb") as file, joined.thumbnail.open("rb") as thumbnail:
            return await format_maker.bot.send_video(
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
                message_thread_id=thread_id,
                reply_parameters=ReplyParameters(duet.second_message_id or 0, allow_sending_without_reply=True),
                reply_markup=_button(label, duet, other),
            )

    await in_topic(send, duet.thread_id)


def _button(label: Text, duet: Duet, layout: str) -> InlineKeyboardMarkup:
    return InlineKeyboardMarkup([[InlineKeyboardButton(label(), callback_data=f"duet:{duet.id}:{layout}")]])


async def _say(format_maker: FormatMaker, duet: Duet, text: str, button: InlineKeyboardMarkup | None = None) -> None:
    try:
        await in_topic(
            lambda thread: format_maker.bot.send_message(
                duet.chat_id, text, message_thread_id=thread, reply_markup=button
            ),
            duet.thread_id,
            may_repeat=True,
        )
    except (ChatGone, SendForbidden, MaybeSent, TelegramError) as error:
        log.warning("a word about a duet was not taken", duet=duet.id, why=str(error))


async def on_button(update: Update, context: Context) -> None:
    """Send a duet in its other layout, or once more: both halves are there, and nothing is paid."""
    press = await read_press(update, PATTERN)
    if press is None:
        return
    format_maker = services_of(context).format_maker
    duet = await read_duet(format_maker.objects.database, press.match["id"])
    if duet is None or duet.chat_id != press.chat.id:
        await press.say(BUTTON_GONE())
        return
    if not await press.is_by(duet.user_id):
        await press.say(BUTTON_NOT_YOURS())
        return
    halves = await halves_of(format_maker, duet)
    if len(halves) < 2:
        await press.say(texts.GONE())
        return
    await press.say(texts.COMING())
    async with format_maker.turns.hold(duet.id):
        await send_duet(format_maker, duet, halves, press.match["layout"])
