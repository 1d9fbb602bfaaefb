"""Which language is spoken, and every text in it.

A `Text` is written in English; called, it gives its words in the language of whoever is being answered just now. The
translations are gettext catalogues, `locales/CODE.po`, read with Babel at the first use.
"""

import gettext
import io
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from babel import Locale
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

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
        catalogue = _catalogue(_spoken.get())
        if self.many is None:
            words = catalogue.gettext(self.one)
        else:
            words = catalogue.ngettext(self.one, self.many, int(str(facts["n"])))
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
    return Locale.parse(_spoken.get(), sep="-")


def best(code: str | None) -> str:
    """Return the language that the bot has for an IETF tag: its own, else the nearest of its family, else English.

    `zh-hant-hk` may be `zh-hant`, and `pt-br` may be `pt`.
    """
    parts = (code or "").lower().replace("_", "-").split("-")
    tags = ("-".join(parts[:end]) for end in range(len(parts), 0, -1))
    return next((tag for tag in tags if tag in LANGUAGES), "en")


@cache
def _catalogue(language: str) -> gettext.NullTranslations:
    path = LOCALES / f"{language}.po"
    if not path.exists():
        return gettext.NullTranslations()
    packed = io.BytesIO()
    with path.open("rb") as file:
        write_mo(packed, read_po(file, locale=Locale.parse(language, sep="-")))
    packed.seek(0)
    return gettext.GNUTranslations(packed)
