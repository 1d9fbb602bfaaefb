"""Keyboards: buttons in rows that show their labels whole. A client cuts a label that is wider than its button."""

import unicodedata
from collections.abc import Sequence

from telegram import InlineKeyboardButton

MARK = "✓ "
"""Before what is chosen."""

WIDEST = {3: 10, 2: 16}
"""How wide the labels may be of so many buttons in a row, in letters, as a narrow phone shows them below a picture."""


def in_rows(buttons: Sequence[InlineKeyboardButton]) -> list[list[InlineKeyboardButton]]:
    """Return buttons in rows of three, two or one, by the widest label; a mark that may come and go moves none."""
    widest = max((width_of(button.text.removeprefix(MARK)) for button in buttons), default=0) + len(MARK)
    most = next((number for number, width in WIDEST.items() if widest <= width), 1)
    if most == 3 and len(buttons) == 4:
        most = 2
    return [list(buttons[start : start + most]) for start in range(0, len(buttons), most)]


def marked(label: str, chosen: bool) -> str:
    """Return a label, with the mark before it where it is chosen."""
    return f"{MARK}{label}" if chosen else label


def width_of(label: str) -> int:
    """Return how wide a label is, in letters: a Chinese one, or an emoji, is as wide as two."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in label)
