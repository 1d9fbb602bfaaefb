"""Which language is spoken, and every text in it.

A `Text` is written in English; called, it gives its words in the language of whoever is being answered just now. The
translations are gettext catalogues, `locales/CODE.po`, read with Babel at the first use.
"""

import gettext
import io
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from functools import cache
from pathlib import Path
from typing import Literal

from babel import Locale
from babel.lists import format_list
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal

LOCALES = Path(__file__).parent / "locales"


def named_catalogues(folder: Path) -> dict[str, str]:
    """Return the languages of a folder: their own names, which are the first lines of their files, by their codes."""
    names = {}
    for path in sorted(folder.glob("*.po")):
        with path.open(encoding="utf-8") as file:
            names[path.stem] = file.readline().removeprefix("#").strip()
    return names


LANGUAGES = {"en": "English", **named_catalogues(LOCALES)}
"""Their own names, by the code that Telegram uses; the texts themselves are English."""

OLD_CODES = {"in": "id"}
"""What some devices still call a language."""

UNSPACED = ("ja", "zh")
"""Languages whose sentences follow one another without a space."""

COMMAND = re.compile(r"(?<![\w/<>])/[a-z]+\b")

FSI, LRI, PDI = "\u2068", "\u2066", "\u2069"
"""What begins a part of a text that has a direction of its own, or runs from left to right, and what ends it."""

_spoken: ContextVar[str] = ContextVar("spoken", default="en")


@dataclass(frozen=True)
class Text:
    """Something that a person reads. Where it counts something, `many` is its plural, and `n` the number.

    Not a `str`, so that mypy finds every text that goes out without having been put into a language.
    """

    one: str
    many: str | None = None

    def __call__(self, **facts: object) -> str:
        """Return the words in the language being spoken, with the facts filled in by `str.format`."""
        catalogue, is_rtl = _catalogue(_spoken.get()), is_right_to_left()
        if self.many is None:
            words = catalogue.gettext(self.one)
        else:
            words = catalogue.ngettext(self.one, self.many, int(str(facts["n"])))
        if is_rtl:
            words = COMMAND.sub(rf"{LRI}\g<0>{PDI}", words)
            facts = {name: isolated(str(fact)) for name, fact in facts.items()}
        return words.format(**facts) if facts else words

    def __str__(self) -> str:
        return self()


@contextmanager
def speaking(language: str | None) -> Iterator[None]:
    """Let every text of the block be in a language."""
    token = _spoken.set(best(language))
    try:
        yield
    finally:
        _spoken.reset(token)


def spoken() -> str:
    """Return the code of the language being spoken."""
    return _spoken.get()


def spoken_locale() -> Locale:
    """Return what Babel knows of the language being spoken: dates and numbers."""
    return _locale(_spoken.get())


def is_right_to_left() -> bool:
    """Return whether the language being spoken is written from right to left."""
    return spoken_locale().text_direction == "rtl"


def isolated(words: str) -> str:
    """Return words of another's language, such as a name, so that they do not turn the ones around them.

    Only among words that run from right to left they would; a text isolates its facts by itself.
    """
    return f"{FSI}{words}{PDI}" if words and is_right_to_left() else words


def listed(names: Iterable[str], style: Literal["standard", "or"] = "standard") -> str:
    """Return names as a list: "Anna, Bob, and Carol"."""
    return format_list([isolated(name) for name in names], style, locale=spoken_locale())


def sentences(*said: str) -> str:
    """Return sentences after one another; empty ones are left out."""
    space = "" if _family(_spoken.get()) in UNSPACED else " "
    return space.join(filter(None, said))


def amount(money: Decimal | float, rounding: str = ROUND_HALF_EVEN) -> str:
    """Return an amount of money with two places, such as `7.50` or `7,50`."""
    rounded = Decimal(money).quantize(Decimal("0.01"), rounding=rounding)
    return format_decimal(rounded, "0.00", locale=spoken_locale())


def best(code: str | None) -> str:
    """Return the language that the bot has for an IETF tag: its own, else the nearest of its family, else English.

    `zh-hant-hk` may be `zh-hant`, and `pt-br` may be `pt`.
    """
    first, *rest = (code or "").lower().replace("_", "-").split("-")
    parts = [OLD_CODES.get(first, first), *rest]
    tags = ("-".join(parts[:end]) for end in range(len(parts), 0, -1))
    return next((tag for tag in tags if tag in LANGUAGES), "en")


def telegram_codes() -> dict[str, str]:
    """Return the languages in which Telegram shows menus and the profile, by two letters alone, and their codes.

    English has none: it is for all whose language is not there.
    """
    return {language: "" if language == "en" else language for language in LANGUAGES if len(language) == 2}


def read_catalogues() -> None:
    """Read all catalogues, before they are wanted."""
    for language in LANGUAGES:
        _catalogue(language)


def _family(code: str) -> str:
    return code.split("-")[0]


@cache
def _locale(code: str) -> Locale:
    return Locale.parse(code, sep="-")


@cache
def _catalogue(language: str) -> gettext.NullTranslations:
    path = LOCALES / f"{language}.po"
    if not path.exists():
        return gettext.NullTranslations()
    packed = io.BytesIO()
    with path.open("rb") as file:
        write_mo(packed, read_po(file, locale=_locale(language)))
    packed.seek(0)
    return gettext.GNUTranslations(packed)
