"""/duet: two voices in turn become two renders, and their two videos one reply."""

import re
from dataclasses import replace
from typing import Any

import structlog
from telegram import InlineKeyboardButton, InlineKeyboardMarkup, Message, ReplyParameters, Update
from telegram.error import TelegramError

from bot.media.child import run_limited
from bot.media.errors import MediaError
from bot.media.facts import Kind
from bot.media.jobs import join_videos, make_thumbnail
from bot.render.audience import ChatGone, ChatMoved, MaybeSent, SendForbidden
from handlers.context import Context, Services, services_of
from handlers.formats import FormatMaker, NoFormat
from handlers.gates import may_make
from handlers.intake import Unfit, keep_file
from handlers.names import everybody, known_face, two_names
from handlers.sources import Source
from handlers.texts import BUTTON_GONE, BUTTON_NOT_YOURS
from handlers.texts import duet as texts
from handlers.texts.language import speaking, spoken
from handlers.transport.answering import answer, ask, key_of
from handlers.transport.press import read_press
from handlers.transport.sending import in_topic
from storage.chats import move_chat
from storage.duets import Duet, begin_duet, end_duet, open_duets, read_duet, update_duet
from storage.renders import DUET, Render, Stage, create_render, find_render
from storage.situation import Situation, read_situation

log = structlog.get_logger(__name__)

PATTERN = re.compile(r"duet:(?P<id>[0-9a-f]{1,32}):(?P<layout>side|turn)")
JOIN_SECONDS = 300.0


async def begin(update: Update, context: Context) -> None:
    """Begin a duet of two faces; the first voice is asked for."""
    message = update.message
    if message is None:
        return
    services, words = services_of(context), context.args or []
    situation = await read_situation(services.parts.database, key_of(message))
    if not await may_make(services, situation, message):
        return
    key = situation.key
    try:
        if len(words) < 2:
            raise Unfit(texts.HOW())
        names = two_names(words, await everybody(services, key.chat_id))
        first, second = [await known_face(services, key.chat_id, name) for name in names]
    except Unfit as unfit:
        await answer(message, unfit.text)
        return
    faces = {"first_portrait_sha": first.portrait_sha, "second_portrait_sha": second.portrait_sha}
    named = {"first_name": first.name, "second_name": second.name}
    await begin_duet(services.parts.database, key, **faces, **named, language=spoken())
    await ask(message, texts.FIRST(first=first.name, second=second.name))


async def take_part(services: Services, situation: Situation, duet: Duet, source: Source) -> None:
    """Take a voice for a duet: ask for the second one, or begin both halves."""
    message = source.message
    if duet.first_message_id == message.message_id:  # handled again, after a kill
        await ask(message, texts.SECOND(second=duet.second_name))
        return
    try:
        kept, notes = await keep_file(services, situation, source.taken_as(Kind.SOUND).file, cut=True)
    except Unfit as unfit:
        await answer(message, unfit.text)
        return
    database = services.parts.database
    if duet.first_voice_sha is None:
        await update_duet(database, duet.id, first_voice_sha=kept.sha, first_message_id=message.message_id)
        await ask(message, "\n".join([*notes, texts.SECOND(second=duet.second_name)]))
        return
    halves = (
        (1, duet.first_portrait_sha, duet.first_voice_sha, duet.first_message_id, duet.first_name),
        (2, duet.second_portrait_sha, kept.sha, message.message_id, duet.second_name),
    )
    await update_duet(database, duet.id, second_voice_sha=kept.sha, second_message_id=message.message_id)
    for number, portrait_sha, voice_sha, message_id, name in halves:
        render, _ = await create_render(
            database,
            f"{DUET}{duet.id}:{number}",
            chat_id=duet.chat_id,
            user_id=duet.user_id,
            thread_id=duet.thread_id,
            voice_message_id=message_id,
            portrait_sha=portrait_sha,
            voice_sha=voice_sha,
            **services.parts.engine.columns(situation.choices.ratio, situation.choices.style),
            language=spoken(),
            opening=texts.PART(name=name),
        )
        await services.workflows.enqueue(render)
        await services.cards.open(render)


async def send_when_whole(format_maker: FormatMaker, duet_id: str) -> None:
    """Send a duet when both of its halves are there, once."""
    async with format_maker.turns.hold(duet_id):
        duet = await read_duet(format_maker.objects.database, duet_id)
        if duet is None or duet.ended_at is not None:
            return
        halves = await _halves(format_maker, duet)
        if len(halves) == 2 and all(half.stage is Stage.DELIVERED for half in halves):
            await _send(format_maker, duet, halves, duet.layout)
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


async def _say(format_maker: FormatMaker, duet: Duet, text: str) -> None:
    try:
        await in_topic(
            lambda thread: format_maker.bot.send_message(duet.chat_id, text, message_thread_id=thread),
            duet.thread_id,
            60,
        )
    except (ChatGone, ChatMoved, MaybeSent, TelegramError) as error:
        log.warning("a word about a duet was not taken", duet=duet.id, why=str(error))


async def _halves(format_maker: FormatMaker, duet: Duet) -> list[Render]:
    found = [await find_render(format_maker.objects.database, f"{DUET}{duet.id}:{number}") for number in (1, 2)]
    return [half for half in found if half is not None]


async def _send(format_maker: FormatMaker, duet: Duet, halves: list[Render], layout: str) -> None:
    with speaking(duet.language), format_maker.objects.scratch() as folder:
        caption = texts.CAPTION(first=duet.first_name, second=duet.second_name)
        other, label = ("turn", texts.TURN()) if layout == "side" else ("side", texts.SIDE())
        button = InlineKeyboardMarkup([[InlineKeyboardButton(label, callback_data=f"duet:{duet.id}:{other}")]])
        video, thumbnail = folder / "duet.mp4", folder / "thumbnail.jpg"
        try:
            first, second = [
                await format_maker.video_of(half, folder / f"{number}.mp4") for number, half in enumerate(halves)
            ]
            join = join_videos(first, second, video, side_by_side=layout == "side")
            facts = await run_limited(join, seconds=JOIN_SECONDS)
            await run_limited(make_thumbnail(video, thumbnail))
            size: dict[str, Any] = {"width": facts.width, "height": facts.height, "duration": round(facts.seconds)}
            message_id = duet.second_message_id or 0

            async def send(thread_id: int | None) -> Message:
                with video.open("rb") as file, thumbnail.open("rb") as picture:
                    return await format_maker.bot.send_video(
                        duet.chat_id,
                        file,
                        thumbnail=picture,
                        filename="duet.mp4",
                        caption=caption,
                        message_thread_id=thread_id,
                        reply_parameters=ReplyParameters(message_id, allow_sending_without_reply=True),
                        reply_markup=button,
                        supports_streaming=True,
                        **size,
                    )

            await in_topic(send, duet.thread_id)
        except ChatMoved as moved:
            await move_chat(format_maker.objects.database, duet.chat_id, moved.new_chat_id)
            await _send(format_maker, replace(duet, chat_id=moved.new_chat_id), halves, layout)
        except (ChatGone, MaybeSent, SendForbidden, TelegramError) as error:
            log.warning("a duet may not have arrived", duet=duet.id, why=str(error))
        except (MediaError, NoFormat) as error:
            log.warning("a duet could not be put together", duet=duet.id, why=str(error))
            await _say(format_maker, duet, texts.FAILED())


async def on_button(update: Update, context: Context) -> None:
    """Send a duet in its other layout: both halves are there, and nothing is paid."""
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
    halves = await _halves(format_maker, duet)
    if len(halves) < 2:
        await press.say(texts.GONE())
        return
    await press.say(texts.COMING())
    async with format_maker.turns.hold(duet.id):
        await _send(format_maker, duet, halves, press.match["layout"])
