"""`/settings`: the choices of a chat, as buttons that change them in place."""

import re
from collections.abc import Mapping
from typing import Any

from telegram import Chat, InlineKeyboardButton, InlineKeyboardMarkup, Update
from telegram.constants import ChatType

from bot.engines.engine import Engine
from handlers.context import Context, services_of
from handlers.texts import BUTTON_BACK
from handlers.texts import settings as texts
from handlers.texts.language import LANGUAGES, speaking
from handlers.transport.answering import answer
from handlers.transport.keyboards import in_rows, marked
from handlers.transport.press import read_press
from storage.choices import Choices, read_choices, write_choices

PATTERN = re.compile(r"settings:(?P<name>[a-z]+):(?P<value>[a-z0-9-]+)")
OWN, ABOUT, PAGE = "own", "about", "page"

PAGES = ("all", "language")
"""All choices, and the languages, which are too many to stand among them."""

COLUMNS = {"shape": "video_format"}
"""Choices whose buttons keep an older name, so that buttons in old messages go on working."""


async def show(update: Update, context: Context) -> None:
    """Show what the chat has chosen."""
    message = update.message
    if message is not None:
        choices = await read_choices(services_of(context).resources.database, message.chat_id)
        await answer(message, texts.SETTINGS(), buttons(choices, message.chat, services_of(context).resources.engine))


async def on_button(update: Update, context: Context) -> None:
    """Change one choice, and show it."""
    press = await read_press(update, PATTERN)
    if press is None:
        return
    chat, database = press.chat, services_of(context).resources.database
    name, value = press.match["name"], press.match["value"]
    if name == ABOUT and value in texts.ABOUT:
        await press.say(texts.ABOUT[value](), alert=True)
        return
    change, page = change_of(name, value), value if name == PAGE and value in PAGES else None
    if change is None and page is None:
        await press.say(texts.GONE())
        return
    if not await press.is_by_admin():
        await press.say(texts.SETTINGS_READ_ONLY())
        return
    if change is not None:
        await write_choices(database, chat.id, **change)
    choices = await read_choices(database, chat.id)
    with speaking(choices.language or press.query.from_user.language_code):
        await press.say(texts.SAVED() if change is not None else None)
        shown = (
            languages(choices) if page == "language" else buttons(choices, chat, services_of(context).resources.engine)
        )
        await press.show_text(texts.SETTINGS(), shown)


def change_of(name: str, value: str) -> dict[str, Any] | None:
    """Return the column and value that a button sets; None for an unknown button."""
    known: dict[str, dict[str, Any]] = {
        "ratio": {ratio.replace(":", "x"): ratio for ratio in texts.RATIO},
        "style": {style: style for style in texts.STYLE},
        "shape": {kind: kind for kind in texts.FORMAT},
        "language": {OWN: None} | {code: code for code in LANGUAGES},
        "who": {who: who for who in texts.WHO},
        "consent": {"on": True, "off": False},
    }
    return {COLUMNS.get(name, name): known[name][value]} if value in known.get(name, {}) else None


def buttons(choices: Choices, chat: Chat, engine: Engine) -> InlineKeyboardMarkup:
    """Return a heading for each choice that this engine offers, and its options below, the chosen one marked."""
    is_group = chat.type != ChatType.PRIVATE
    ratios = {ratio.replace(":", "x"): text() for ratio, text in texts.RATIO.items() if ratio in engine.ratios}
    styles = {style: text() for style, text in texts.STYLE.items() if style in engine.styles}
    own = texts.OWN_LANGUAGE if is_group else texts.TELEGRAM_LANGUAGE
    rows = [
        *_group("ratio", ratios, choices.ratio.replace(":", "x")),
        *_group("style", styles, choices.style),
        *_group("shape", {kind: text() for kind, text in texts.FORMAT.items()}, choices.video_format),
        *_group("language", {OWN: own(), **_chosen_language(choices)}, choices.language or OWN),
        [_turn(texts.BUTTON_LANGUAGES(), "language")],
    ]
    if is_group:
        rows += _group("who", {who: text() for who, text in texts.WHO.items()}, choices.who)
        asks = {value: text() for value, text in texts.CONSENT.items()}
        rows += _group("consent", asks, "on" if choices.consent else "off")
    return InlineKeyboardMarkup(rows)


def languages(choices: Choices) -> InlineKeyboardMarkup:
    """Return the page of all languages, each by its own name, the chosen one marked."""
    return InlineKeyboardMarkup([*_group("language", LANGUAGES, choices.language), [_turn(BUTTON_BACK(), "all")]])


def _chosen_language(choices: Choices) -> dict[str, str]:
    return {code: name for code, name in LANGUAGES.items() if code == choices.language}


def _turn(label: str, page: str) -> InlineKeyboardButton:
    """Return a button that turns to a page of the settings."""
    return InlineKeyboardButton(label, callback_data=f"settings:{PAGE}:{page}")


def _group(name: str, options: Mapping[str, str], chosen: str | None) -> list[list[InlineKeyboardButton]]:
    """Return the rows of one choice: its heading, which explains it when it is tapped, and its options."""
    if not options:
        return []
    heading = InlineKeyboardButton(f"{texts.HEADING[name]()} ℹ", callback_data=f"settings:{ABOUT}:{name}")
    buttons = [
        InlineKeyboardButton(marked(label, value == chosen), callback_data=f"settings:{name}:{value}")
        for value, label in options.items()
    ]
    return [[heading], *in_rows(buttons)]
