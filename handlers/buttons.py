"""Buttons: `render:ID:ACTION` under a card or a video, and `voice:cut` under the offer to cut a long voice."""

import re

from telegram import InlineKeyboardMarkup, Update

from bot.gates.permission import uses_of
from handlers import photo_change, texts
from handlers.again import OPTIONS, choices, is_here, make, options_of
from handlers.cancelling import cancel_render
from handlers.cast.saving import save_pressed
from handlers.cast.speaking import speak_again
from handlers.collecting import take_message
from handlers.context import Context, Services, services_of
from handlers.delivery import below_video
from handlers.formats import NoFormat
from handlers.gates import may_press
from handlers.texts import formats as format_texts
from handlers.texts.data import HISTORY_GONE
from handlers.transport.press import Press, read_press
from handlers.transport.rights import sender_id
from storage.business import find_reply
from storage.drafts import key_of_render
from storage.photo_changes import NEW_PHOTO
from storage.queue import agree
from storage.renders import Render, open_renders, read_render

PATTERN = re.compile(rf"render:(?P<id>[0-9a-f]{{1,32}}):(?P<action>[a-z]+)(:{OPTIONS})?|voice:cut")


async def on_button(update: Update, context: Context) -> None:
    """Do what a button says. Answer a second press, a stranger's, or one weeks later with a kind word."""
    press = await read_press(update, PATTERN)
    if press is None:
        return
    services = services_of(context)
    if press.match["id"] is None:
        await _cut_voice(services, press)
        return
    render = await read_render(services.resources.database, press.match["id"])
    if render is None:
        await press.say(texts.BUTTON_GONE())
    elif press.chat.id != render.chat_id or not await press.is_by(render.user_id):
        await press.say(texts.BUTTON_NOT_YOURS())
    else:
        await _do(services, press, render)


async def _do(services: Services, press: Press, render: Render) -> None:
    match press.match["action"]:
        case "cancel":
            await press.say(texts.BUTTON_TOO_LATE() if render.ended else texts.CANCELLING())
            if not render.ended:
                await cancel_render(services, render)
        case "agree":
            await _agree(services, press, render)
        case "photo":
            await photo_change.change(services, press, render)
        case "keep" if render.reason == NEW_PHOTO:
            await photo_change.keep(services, press, render)
        case "retry" | "resend" if render.ended:
            await make(services, press, render, render.ratio, render.style)
            await press.show_buttons(None)
        case _:
            await _do_with_video(services, press, render)


async def _do_with_video(services: Services, press: Press, render: Render) -> None:
    match press.match["action"]:
        case "voice":
            await speak_again(services, press, render)
        case "save":
            await save_pressed(services, press, render)
        case "again" if not (services.resources.engine.ratios or services.resources.engine.styles):
            await make(services, press, render, "", "")
        case "again":
            await press.say(texts.AGAIN_CHOOSE())
            await press.show_buttons(await choices(services, render, render.ratio, render.style))
        case "pick" if (options := options_of(press.match)) is not None:
            await press.say()
            await press.show_buttons(await choices(services, render, *options))
        case "back":
            await press.say()
            await press.show_buttons(await _below(services, render))
        case "make" if (options := options_of(press.match)) is not None:
            await make(services, press, render, *options)
            await press.show_buttons(await _below(services, render))
        case "get" if render.video_file_id or await is_here(services, render.video_sha):
            await make(services, press, render, render.ratio, render.style)
        case "get":
            await press.say(HISTORY_GONE())
        case "round" | "sticker" | "loop" if render.has_video:
            await _send_format(services, press, render)
        case _:
            await press.say(texts.BUTTON_GONE())


async def _below(services: Services, render: Render) -> InlineKeyboardMarkup:
    """Return the buttons that a delivered video has, also one that is an answer to a customer."""
    reply = await find_reply(services.resources.database, render.chat_id, voice_message_id=render.voice_message_id)
    return below_video(render, reply)


async def _agree(services: Services, press: Press, render: Render) -> None:
    """Make a video whose price the person has agreed to, with the other half where it is a duet."""
    situation = await services.situation(key_of_render(render))
    if not await may_press(services, situation, press, uses_of(render)):
        return
    asked = [render]
    if render.duet_id is not None:
        others = await open_renders(services.resources.database, render.chat_id, render.user_id)
        asked += [other for other in others if other.duet_id == render.duet_id and other.id != render.id]
    agreed = [each for each in asked if await agree(services.resources.database, each.id)]
    await press.say(texts.AGAIN_STARTED() if agreed else texts.BUTTON_TOO_LATE())
    for each in agreed:
        await services.workflows.enqueue(each)


async def _send_format(services: Services, press: Press, render: Render) -> None:
    """Send the video in another format."""
    situation = await services.situation(key_of_render(render))
    if not await may_press(services, situation, press, uses_of(render)):
        return
    await press.say(format_texts.MAKING())
    try:
        await services.format_maker.send(render, press.match["action"], press.user_id)
    except NoFormat as why:
        await press.reply(str(why))


async def _cut_voice(services: Services, press: Press) -> None:
    original = press.message.reply_to_message if press.message else None
    if original is None:
        await press.say(texts.CUT_GONE())
        return
    if not await press.is_by(sender_id(original)):
        await press.say(texts.BUTTON_NOT_YOURS())
        return
    await press.say()
    await press.show_buttons(None)
    await take_message(services, original, cut=True)
