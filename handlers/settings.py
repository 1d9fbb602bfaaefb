"""`/settings`: the choices of a chat, as buttons that change them in place."""

import re
from typing import Any

from telegram import Chat, InlineKeyboardButton, InlineKeyboardMarkup, Update
from telegram.constants import ChatType

from bot.engines.engine import Engine
from handlers.context import Context, services_of
from handlers.texts import settings as texts
from handlers.texts.language import LANGUAGES, speaking
from handlers.transport.answering import answer
from handlers.transport.press import read_press
from storage.choices import Choices, read_choices, write_choices

PATTERN = re.compile(r"settings:(?P<name>[a-z]+):(?P<value>[a-z0-9-]+)")
OWN = "own"

COLUMNS = {"shape": "video_format"}
"""Choices whose buttons keep an older name, so that buttons in old messages go on working."""


async def show(update: Update, context: Context) -> None:
    """Show what the chat has chosen."""
    message = update.message
    if message is not None:
        choices = await read_choices(services_of(context).parts.database, message.chat_id)
        await answer(message, texts.SETTINGS(), buttons(choices, message.chat, services_of(context).parts.engine))


async def on_button(update: Update, context: Context) -> None:
    """Change one choice, and show it."""
    press = await read_press(update, PATTERN)
    if press is None:
        return
    chat, database = press.chat, services_of(context).parts.database
    change = change_of(press.match["name"], press.match["value"])
    if change is None:
        await press.say(texts.GONE())
        return
    if not await press.is_by_admin():
        await press.say(texts.SETTINGS_READ_ONLY())
        return
    await write_choices(database, chat.id, **change)
    choices = await read_choices(database, chat.id)
    with speaking(choices.language or press.query.from_user.language_code):
        await press.say(texts.SAVED())
        await press.show_text(texts.SETTINGS(), buttons(choices, chat, services_of(context).parts.engine))


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
    """Return a button for each choice that this engine offers, with a mark on the chosen ones."""
    languages = [_button("language", code, name, code == choices.language) for code, name in LANGUAGES.items()]
    rows = [
        [
            _button("ratio", ratio.replace(":", "x"), text(), ratio == choices.ratio)
            for ratio, text in texts.RATIO.items()
            if ratio in engine.ratios
        ],
        [
            _button("style", style, text(), style == choices.style)
            for style, text in texts.STYLE.items()
            if style in engine.styles
        ],
        [_button("shape", kind, text(), kind == choices.video_format) for kind, text in texts.FORMAT.items()],
        *(languages[start : start + 2] for start in range(0, len(languages), 2)),
        [_button("language", OWN, texts.OWN_LANGUAGE(), choices.language is None)],
    ]
    if chat.type != ChatType.PRIVATE:
        consent = "on" if choices.consent else "off"
        rows += [
            [_button("who", who, text(), who == choices.who) for who, text in texts.WHO.items()],
            [_button("consent", value, text(), value == consent) for value, text in texts.CONSENT.items()],
        ]
    return InlineKeyboardMarkup([row for row in rows if row])


def _button(name: str, value: str, label: str, chosen: bool) -> InlineKeyboardButton:
    return InlineKeyboardButton(f"✓ {label}" if chosen else label, callback_data=f"settings:{name}:{value}")
