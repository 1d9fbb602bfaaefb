"""Buttons: `render:ID:ACTION` under a card or a video, and `voice:cut` under the offer to cut a long voice."""

import contextlib
import re

from telegram import CallbackQuery, Message, Update
from telegram.error import TelegramError

from handlers import texts
from handlers.cancelling import cancel_render
from handlers.collecting import take_message
from handlers.context import Context, Services, services_of
from handlers.delivery import below_video, choices
from handlers.formats import NoFormat
from handlers.texts import formats as format_texts
from handlers.texts.data import HISTORY_GONE
from handlers.texts.language import spoken
from handlers.transport.answering import answer
from handlers.transport.rights import is_admin
from storage.drafts import DraftKey, write_draft
from storage.renders import Render, create_render, open_renders, read_render

PATTERN = re.compile(r"render:(?P<id>[0-9a-f]{1,32}):(?P<action>[a-z]+)(:(?P<ratio>1x1|3x4):(?P<style>[a-z]+))?")


async def on_button(update: Update, context: Context) -> None:
    """Do what a button says; a second press, a stranger's, or one weeks later gets a kind word.

    The word at the top and the change of the buttons are a courtesy: where Telegram does not take them, the work is
    done all the same.
    """
    query = update.callback_query
    if query is None:
        return
    services = services_of(context)
    if query.data == "voice:cut":
        await _cut_voice(services, query)
        return
    match = PATTERN.fullmatch(query.data or "")
    render = await read_render(services.parts.database, match["id"]) if match else None
    if match is None or render is None:
        await _say(query, texts.BUTTON_GONE())
    elif not await _may_press(query, render):
        await _say(query, texts.BUTTON_NOT_YOURS())
    else:
        await _press(services, query, render, match)


async def _may_press(query: CallbackQuery, render: Render) -> bool:
    """Whether it is their own, here; an admin's, where it was asked for in the name of the chat."""
    if query.message is None or query.message.chat.id != render.chat_id:
        return False
    if query.from_user.id == render.user_id:
        return True
    return render.user_id == render.chat_id and await is_admin(query.get_bot(), query.message.chat, query.from_user.id)


async def _press(services: Services, query: CallbackQuery, render: Render, match: re.Match[str]) -> None:
    match match["action"]:
        case "cancel":
            await _say(query, texts.BUTTON_TOO_LATE() if render.ended else texts.CANCELLING())
            if not render.ended:
                await cancel_render(services, render)
        case "photo":
            await _say(query)
            key = DraftKey(render.chat_id, render.user_id, render.thread_id)
            await write_draft(
                services.parts.database, key, portrait_sha=None, portrait_message_id=None, portrait_used=False
            )
            if isinstance(query.message, Message):
                await answer(query.message, texts.NEW_PHOTO_ASKED())
        case "again":
            await _say(query, texts.AGAIN_CHOOSE())
            with contextlib.suppress(TelegramError):
                await query.edit_message_reply_markup(choices(render.id))
        case "back":
            await _say(query)
            with contextlib.suppress(TelegramError):
                await query.edit_message_reply_markup(below_video(render.id))
        case "make" if match["ratio"] and match["style"] in texts.STYLES:
            await _make(services, query, render, match["ratio"].replace("x", ":"), match["style"])
            with contextlib.suppress(TelegramError):
                await query.edit_message_reply_markup(below_video(render.id))
        case "get" if render.video_file_id or await _is_kept(services, render.video_sha):
            await _make(services, query, render, render.ratio, render.style)
        case "get":
            await _say(query, HISTORY_GONE())
        case "round" | "sticker" | "loop" if render.has_video:
            await _say(query, format_texts.MAKING())
            try:
                await services.format_maker.send(render, match["action"], query.from_user.id)
            except NoFormat as why:
                if isinstance(query.message, Message):
                    await answer(query.message, str(why))
        case "retry" | "resend" if render.ended:
            await _make(services, query, render, render.ratio, render.style)
            with contextlib.suppress(TelegramError):
                await query.edit_message_reply_markup(None)
        case _:
            await _say(query, texts.BUTTON_GONE())


async def _make(services: Services, query: CallbackQuery, render: Render, ratio: str, style: str) -> None:
    """A new render of the same portrait and voice; while one like it is in the works, there is no second.

    A video that was made but did not arrive is sent, not made again.
    """
    for other in await open_renders(services.parts.database, render.chat_id, render.user_id):
        same_files = (other.portrait_sha, other.voice_sha) == (render.portrait_sha, render.voice_sha)
        if same_files and (other.ratio, other.style) == (ratio, style):
            await _say(query, texts.AGAIN_IN_THE_WORKS())
            return
    if too_much := await services.limits.too_many_waiting(services.parts.database, render.chat_id, render.user_id):
        await _say(query, too_much)
        return
    await _say(query, texts.AGAIN_STARTED())
    same_options = (ratio, style) == (render.ratio, render.style)
    kept = ("chat_id", "user_id", "thread_id", "voice_message_id", "portrait_sha", "voice_sha")
    columns = {name: getattr(render, name) for name in kept}
    if same_options and render.video_file_id is None and await _is_kept(services, render.video_sha):
        columns |= {"video_sha": render.video_sha, "video_seconds": render.video_seconds}
    again, _ = await create_render(
        services.parts.database, f"button:{query.id}", ratio=ratio, style=style, language=spoken(), **columns
    )
    await services.workflows.enqueue(again)
    await services.cards.open(again)


async def _is_kept(services: Services, sha: str | None) -> bool:
    return sha is not None and await services.parts.objects.get(sha) is not None


async def _cut_voice(services: Services, query: CallbackQuery) -> None:
    offer = query.message
    original = offer.reply_to_message if isinstance(offer, Message) else None
    if original is None:
        await _say(query, texts.CUT_GONE())
        return
    if original.from_user is not None and original.from_user.id != query.from_user.id:
        await _say(query, texts.BUTTON_NOT_YOURS())
        return
    await _say(query)
    with contextlib.suppress(TelegramError):
        await query.edit_message_reply_markup(None)
    await take_message(services, original, cut=True)


async def _say(query: CallbackQuery, text: str | None = None) -> None:
    """Answer a press; one that is too old, or an answer that does not arrive, is no trouble."""
    with contextlib.suppress(TelegramError):
        await query.answer(text)
