"""Buttons: `render:ID:ACTION` under a card or a video, and `voice:cut` under the offer to cut a long voice."""

import re
from collections.abc import Mapping
from decimal import Decimal

from telegram import Update

from bot.engines.engine import Options
from bot.gates.limits import denial_of
from bot.gates.permission import uses_of
from bot.render.ordering import order_video
from handlers import texts
from handlers.cancelling import cancel_render
from handlers.collecting import take_message
from handlers.context import Context, Services, services_of
from handlers.delivery import below_video, choices
from handlers.formats import NoFormat
from handlers.gates import may_press, video_cost, words
from handlers.texts import formats as format_texts
from handlers.texts.data import HISTORY_GONE
from handlers.texts.language import spoken
from handlers.transport.press import Press, read_press
from handlers.transport.rights import sender_id
from storage.drafts import DraftKey, drop_voice, write_draft
from storage.queue import agree
from storage.renders import Render, TooMany, open_renders, read_render
from storage.tasks import adopt_tasks, may_live

PATTERN = re.compile(
    r"render:(?P<id>[0-9a-f]{1,32}):(?P<action>[a-z]+)(:(?P<ratio>1x1|3x4):(?P<style>[a-z]+))?|voice:cut"
)


KEPT = (
    *("chat_id", "user_id", "thread_id", "voice_message_id"),
    *("portrait_sha", "portrait_file", "portrait_owner_id", "voice_sha", "voice_file", "voice_owner_id"),
)
"""What another render of the same keeps."""


async def on_button(update: Update, context: Context) -> None:
    """Do what a button says. Answer a second press, a stranger's, or one weeks later with a kind word."""
    press = await read_press(update, PATTERN)
    if press is None:
        return
    services = services_of(context)
    if press.match["id"] is None:
        await _cut_voice(services, press)
        return
    render = await read_render(services.parts.database, press.match["id"])
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
            await _drop_photo(services, press, render)
        case "again" if not (services.parts.engine.ratios or services.parts.engine.styles):
            await _make(services, press, render, "", "")
        case "again":
            await press.say(texts.AGAIN_CHOOSE())
            await press.show_buttons(choices(render.id))
        case "back":
            await press.say()
            await press.show_buttons(below_video(render))
        case "make" if press.match["ratio"] and press.match["style"] in texts.STYLES:
            await _make(services, press, render, press.match["ratio"].replace("x", ":"), press.match["style"])
            await press.show_buttons(below_video(render))
        case "get" if render.video_file_id or await _is_kept(services, render.video_sha):
            await _make(services, press, render, render.ratio, render.style)
        case "get":
            await press.say(HISTORY_GONE())
        case "round" | "sticker" | "loop" if render.has_video:
            await _send_format(services, press, render)
        case "retry" | "resend" if render.ended:
            await _make(services, press, render, render.ratio, render.style)
            await press.show_buttons(None)
        case _:
            await press.say(texts.BUTTON_GONE())


async def _agree(services: Services, press: Press, render: Render) -> None:
    """Make a video whose price the person has agreed to, with the other half where it is a duet."""
    situation = await services.situation(_draft_of(render))
    if not await may_press(services, situation, press, uses_of(render)):
        return
    asked = [render]
    if render.duet_id is not None:
        others = await open_renders(services.parts.database, render.chat_id, render.user_id)
        asked += [other for other in others if other.duet_id == render.duet_id and other.id != render.id]
    agreed = [each for each in asked if await agree(services.parts.database, each.id)]
    await press.say(texts.AGAIN_STARTED() if agreed else texts.BUTTON_TOO_LATE())
    for each in agreed:
        await services.workflows.enqueue(each)


def _draft_of(render: Render) -> DraftKey:
    return DraftKey(render.chat_id, render.user_id, render.thread_id)


async def _drop_photo(services: Services, press: Press, render: Render) -> None:
    """Let the next photo take the place of the one that was used."""
    await press.say()
    key = _draft_of(render)
    await write_draft(services.parts.database, key, portrait_sha=None, portrait_message_id=None, portrait_used=False)
    await press.reply(texts.NEW_PHOTO_ASKED())


async def _send_format(services: Services, press: Press, render: Render) -> None:
    """Send the video in another format."""
    situation = await services.situation(_draft_of(render))
    if not await may_press(services, situation, press, uses_of(render)):
        return
    await press.say(format_texts.MAKING())
    try:
        await services.format_maker.send(render, press.match["action"], press.user_id)
    except NoFormat as why:
        await press.reply(str(why))


async def _make(services: Services, press: Press, render: Render, ratio: str, style: str) -> None:
    """Begin a new render of the same portrait and voice, unless one like it is open.

    Send a video that was made but did not arrive, instead of making it again; see to its end what the service may have.
    """
    same_options = (ratio, style) == (render.ratio, render.style)
    wanted = {**services.parts.engine.columns(ratio, style), "mark": services.parts.labels.mark_for(spoken())}
    is_kept = same_options and await _is_kept(services, render.video_sha)
    is_there = same_options and not render.has_video and await may_live(services.parts.database, render.id)
    if same_options and (is_kept or is_there or render.video_file_id is not None):  # it goes again, whatever made it
        wanted = {name: getattr(render, name) for name in wanted}
    for other in await open_renders(services.parts.database, render.chat_id, render.user_id):
        same_files = (other.portrait_sha, other.voice_sha) == (render.portrait_sha, render.voice_sha)
        if same_files and {name: getattr(other, name) for name in wanted} == wanted:
            await press.say(texts.AGAIN_IN_THE_WORKS())
            return
    key = DraftKey(render.chat_id, render.user_id, render.thread_id)
    is_free = is_kept or is_there or (same_options and render.video_file_id is not None)
    cost = Decimal(0) if is_free else await _cost(services, render, wanted)
    if not await may_press(services, await services.situation(key), press, uses_of(render), video=True, cost=cost):
        return
    columns = {name: getattr(render, name) for name in KEPT}
    if is_kept and render.video_file_id is None:
        columns |= {"video_sha": render.video_sha, "video_seconds": render.video_seconds}
    order = {"language": spoken(), **wanted, **columns}
    price = Decimal(0) if is_there else None  # it was agreed to
    origin = f"button:{press.query.id}"
    try:
        again = await order_video(services.parts, origin, order, price=price, most=services.limits.most)
    except TooMany as many:
        await press.say(words(services.limits, denial_of(many)))
        return
    await press.say(texts.AGAIN_STARTED())
    if is_there:
        await adopt_tasks(services.parts.database, render.id, again.id)
    if press.match["action"] == "retry":
        await drop_voice(services.parts.database, _draft_of(render), render.voice_sha)  # if it was given back
    await services.workflows.enqueue(again)
    await services.cards.open(again)


async def _cost(services: Services, render: Render, wanted: Mapping[str, str]) -> Decimal:
    """What another video of the same voice costs at most."""
    voice = await services.parts.objects.get(render.voice_sha)
    options = Options(wanted["ratio"], wanted["style"], wanted["resolution"])
    return video_cost(services, (voice.seconds if voice else None) or 0.0, options)


async def _is_kept(services: Services, sha: str | None) -> bool:
    return sha is not None and await services.parts.objects.get(sha) is not None


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
