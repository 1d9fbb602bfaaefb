"""*Again*: the same words of the same face once more, square or tall, calm or lively, with the price before it is paid.

A keyboard shows what is chosen, in the words of `/settings`, and changes with each tap until one makes the video.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from bot.engines.engine import Options
from bot.gates.limits import denial_of
from bot.gates.permission import uses_of
from bot.render.ordering import FEN, order_video, price_of
from handlers import texts
from handlers.context import Services
from handlers.gates import may_press, video_cost, words
from handlers.texts.language import spoken
from handlers.texts.settings import RATIO, STYLE
from handlers.transport.keyboards import in_rows, marked
from handlers.transport.press import Press
from storage.drafts import drop_voice, key_of_render
from storage.renders import Render, TooMany, find_render, open_renders
from storage.tasks import adopt_tasks, may_live
from storage.videos import same_video

OPTIONS = r"(?P<ratio>1x1|3x4)?:(?P<style>[a-z]*)(:(?P<fen>\d{1,9}))?"
"""How a button names what it makes: `3x4:calm`, and how many hundredths of a CNY it said that this costs."""

KEPT = (
    *("chat_id", "user_id", "thread_id", "voice_message_id"),
    *("portrait_sha", "portrait_file", "portrait_owner_id", "voice_sha", "voice_file", "voice_owner_id"),
)
"""What another render of the same keeps."""


@dataclass(frozen=True)
class Wanted:
    """Another video of a render.

    Args:
        columns: of the render that makes it.
        is_kept: this very video is here, or with Telegram.
        is_there: the service may have it, or make it just now.
        is_free: it costs nothing, for one of these reasons, or because the same was made before.
        price: CNY that it should cost.
    """

    columns: dict[str, Any]
    is_kept: bool
    is_there: bool
    is_free: bool
    price: Decimal


async def wanted_of(services: Services, render: Render, ratio: str, style: str) -> Wanted:
    """Return what it takes to make a video again with these options; what was made or ordered with them goes first."""
    resources, same_options = services.resources, (ratio, style) == (render.ratio, render.style)
    wanted = {**resources.engine.columns(ratio, style), "mark": resources.labels.mark_for(spoken())}
    is_kept = same_options and (render.video_file_id is not None or await is_here(services, render.video_sha))
    is_there = same_options and not render.has_video and await may_live(resources.database, render.id)
    if is_kept or is_there:  # it goes again, whatever made it
        wanted = {name: getattr(render, name) for name in wanted}
    columns: dict[str, Any] = {**{name: getattr(render, name) for name in KEPT}, **wanted}
    is_free = is_kept or is_there or await same_video(resources.database, replace(render, id="", **columns)) is not None
    price = Decimal(0) if is_free else await price_of(resources, columns)
    return Wanted(columns, is_kept, is_there, is_free, price)


async def is_here(services: Services, sha: str | None) -> bool:
    """Return whether a file is kept here."""
    return sha is not None and await services.resources.objects.get(sha) is not None


async def choices(services: Services, render: Render, ratio: str, style: str) -> InlineKeyboardMarkup:
    """Return the buttons under a video after *Again*: what can be chosen, what is, what that costs, and back."""
    engine = services.resources.engine
    chosen = engine.options(ratio, style)

    def button(label: str, options: Options) -> InlineKeyboardButton:
        return InlineKeyboardButton(
            marked(label, options == chosen), callback_data=f"render:{render.id}:pick:{_name_of(options)}"
        )

    ratios = [button(RATIO[each](), replace(chosen, ratio=each)) for each in RATIO if each in engine.ratios]
    styles = [button(STYLE[each](), replace(chosen, style=each)) for each in STYLE if each in engine.styles]
    wanted = await wanted_of(services, render, chosen.ratio, chosen.style)
    price = texts.price(str(wanted.price))
    label = texts.BUTTON_AGREE(price=price) if wanted.price else texts.BUTTON_MAKE()
    label = texts.BUTTON_FREE() if wanted.is_free else label
    fen = int(wanted.price.quantize(FEN) * 100)
    make = InlineKeyboardButton(label, callback_data=f"render:{render.id}:make:{_name_of(chosen)}:{fen}")
    back = InlineKeyboardButton(texts.BUTTON_BACK(), callback_data=f"render:{render.id}:back")
    return InlineKeyboardMarkup([*in_rows(ratios), *in_rows(styles), [make], [back]])


def _name_of(options: Options) -> str:
    return f"{options.ratio.replace(':', 'x')}:{options.style}"


def options_of(match: re.Match[str]) -> tuple[str, str] | None:
    """Return the ratio and the style that a button names; None where it names none, or one that there is not."""
    ratio, style = (match["ratio"] or "").replace("x", ":"), match["style"]
    return (ratio, style) if style is not None and style in ("", *STYLE) else None


async def make(services: Services, press: Press, render: Render, ratio: str, style: str) -> bool:
    """Begin a new render of the same portrait and voice, unless one like it is open; return whether it has begun.

    Send a video that was made but did not arrive, instead of making it again; see to its end what the service may have.
    """
    resources, origin = services.resources, press.origin
    wanted = await wanted_of(services, render, ratio, style)
    begun = await find_render(resources.database, origin)  # in a process that was killed before it answered
    again = begun or await _order(services, press, render, wanted, origin)
    if again is None:
        return False
    if wanted.is_there:
        await adopt_tasks(resources.database, render.id, again.id)
    if press.match["action"] in ("retry", "keep"):
        await drop_voice(resources.database, key_of_render(render), render.voice_sha)  # if it was given back
    await press.say(texts.AGAIN_STARTED())
    await services.workflows.enqueue(again)
    await services.cards.open(again)
    return True


async def _order(services: Services, press: Press, render: Render, wanted: Wanted, origin: str) -> Render | None:
    """Pass the gates and write the render; tell who may not have it, or waits for it already."""
    if await _is_in_the_works(services, wanted.columns):
        await press.say(texts.AGAIN_IN_THE_WORKS())
        return None
    situation = await services.situation(key_of_render(render))
    cost = Decimal(0) if wanted.is_free else await _cost(services, wanted.columns)
    if not await may_press(services, situation, press, uses_of(render), video=True, cost=cost):
        return None
    order = {"language": spoken(), **wanted.columns}
    if wanted.is_kept and render.video_file_id is None:
        order |= {"video_sha": render.video_sha, "video_seconds": render.video_seconds}
    if press.match["action"] == "keep" and render.agreed_at is not None:
        agreed = Decimal(render.asked_price or 0).quantize(FEN)
    else:
        agreed = FEN * int(press.match["fen"] or 0)  # the button said what it costs
    try:
        return await order_video(
            services.resources, origin, order, price=wanted.price, agreed=agreed, most=services.limits.most
        )
    except TooMany as many:
        await press.say(words(services.limits, denial_of(many)))
        return None


async def _is_in_the_works(services: Services, columns: Mapping[str, Any]) -> bool:
    """Return whether the person waits for this very video already."""
    same = ("portrait_sha", "voice_sha", "engine", "model", "ratio", "style", "resolution", "mark")
    others = await open_renders(services.resources.database, columns["chat_id"], columns["user_id"])
    return any(all(getattr(other, name) == columns[name] for name in same) for other in others)


async def _cost(services: Services, columns: Mapping[str, Any]) -> Decimal:
    """Return what another video of the same voice costs at most."""
    voice = await services.resources.objects.get(columns["voice_sha"])
    options = Options(columns["ratio"], columns["style"], columns["resolution"])
    return video_cost(services, (voice.seconds if voice else None) or 0.0, options)
