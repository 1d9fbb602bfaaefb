"""The translations, kept with the texts: `python -m handlers.catalogues update` and `… check`.

`update` brings `locales/CODE.po` up to date with `handlers/texts/`: new texts come in empty, texts that are gone go,
changed ones are new. `check` says what is missing or would break.
"""

import importlib
import io
import pkgutil
import string
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po, write_po

from handlers import texts
from handlers.language import LANGUAGES, LOCALES, Text

TRANSLATED = tuple(code for code in LANGUAGES if code != "en")

MOST_BUTTON, MOST_COMMAND, MOST_TOAST, MOST_CAPTION, MOST_TEXT = 30, 256, 200, 1024, 4096
"""Characters: what fits on half a phone's width, and Telegram's limits."""

UNSTABLE = (b'"POT-Creation-Date', b'"PO-Revision-Date', b'"Generated-By')


def all_texts() -> dict[str, Text]:
    """Every text by the place where it is written, such as `handlers/texts/cast.py:SAVED`."""
    modules = [texts, *(importlib.import_module(f"{texts.__name__}.{one.name}") for one in _parts())]
    found: dict[str, Text] = {}
    seen: set[int] = set()
    for module in modules:
        path = "/".join(Path(str(module.__file__)).parts[-3:])
        for name, value in vars(module).items():
            for text in _texts_in(value):
                if id(text) not in seen:
                    seen.add(id(text))
                    found[f"{path}:{name}" if isinstance(value, Text) else f"{path}:{name}.{len(found)}"] = text
    return found


def _parts() -> Iterable[pkgutil.ModuleInfo]:
    return sorted(pkgutil.iter_modules(texts.__path__), key=lambda one: one.name)


def _texts_in(value: object) -> Iterator[Text]:
    if isinstance(value, Text):
        yield value
    elif isinstance(value, dict):
        yield from (text for one in value.values() for text in _texts_in(one))
    elif isinstance(value, list | tuple):
        yield from (text for one in value for text in _texts_in(one))


def read(language: str, folder: Path = LOCALES) -> Catalog:
    """The catalogue of a language; an empty one where there is none."""
    path = folder / f"{language}.po"
    if not path.exists():
        return Catalog(locale=language)
    with path.open("rb") as file:
        return read_po(file, locale=language)


def updated(language: str, before: Catalog) -> Catalog:
    """A catalogue with today's texts and what is translated of them already."""
    catalogue = Catalog(locale=language, project="emobot", charset="utf-8", fuzzy=False, header_comment="")
    for place, text in all_texts().items():
        key = (text.one, text.many) if text.many is not None else text.one
        known = before.get(text.one)
        same = known is not None and known.id == key
        empty = ("",) * catalogue.num_plurals if text.many is not None else ""
        catalogue.add(key, known.string if known and same else empty, locations=[(place.split(".py:")[0] + ".py", 0)])
    return catalogue


def write(catalogue: Catalog, path: Path) -> None:
    """Write a catalogue, without the dates that would change each time."""
    packed = io.BytesIO()
    write_po(packed, catalogue, width=100, include_lineno=False)
    lines = packed.getvalue().splitlines(keepends=True)
    path.write_bytes(b"".join(line for line in lines if not line.startswith(UNSTABLE)))


def problems(language: str, catalogue: Catalog) -> list[str]:
    """What is missing or would break in a catalogue, in words; nothing when it is whole."""
    found = []
    wanted = {text.one: text for text in all_texts().values()}
    plurals = Catalog(locale=language)
    if catalogue.plural_forms != plurals.plural_forms:
        found.append(f"{language}: the plural forms are {catalogue.plural_forms}, not {plurals.plural_forms}")
    for one, text in wanted.items():
        message = catalogue.get(one)
        if message is None:
            found.append(f"{language}: missing: {one!r}")
        else:
            found += [f"{language}: {what}: {one!r}" for what in _wrong(message, text, plurals.num_plurals)]
    return found + [f"{language}: not a text any more: {one.id!r}" for one in catalogue if _single(one) not in wanted]


def _single(message: Message) -> object:
    # The header is the message whose id is empty.
    one = message.id[0] if isinstance(message.id, list | tuple) else message.id
    return one or next(iter(all_texts().values())).one


def _wrong(message: Message, text: Text, plurals: int) -> Iterator[str]:
    forms = message.string if isinstance(message.string, list | tuple) else (message.string,)
    if message.fuzzy:
        yield "fuzzy"
    if len(forms) != (plurals if text.many is not None else 1):
        yield f"{len(forms)} plural forms"
    for form in forms:
        if not str(form).strip():
            yield "empty"
        elif fields(form) != fields(text.one) | fields(text.many or ""):
            yield f"other placeholders than {sorted(fields(text.one))} in {form!r}"
        else:
            yield from _style(form, text.one)


def _style(form: str, one: str) -> Iterator[str]:
    if "<" in form or "](" in form or "**" in form:
        yield "markup"
    if len(form) > MOST_TEXT:
        yield "too long"
    if form.count("\n") != one.count("\n"):
        yield "other lines"
    if form != form.strip():
        yield "space around it"
    commands = {word for word in one.split() if word.startswith("/")}
    if missing := {word.strip(".,;:)") for word in commands} - {word for word in _commands(form)}:
        yield f"without {sorted(missing)}"


def _commands(form: str) -> Iterator[str]:
    import re

    return (match[0] for match in re.finditer(r"/[a-z]+", form))


def fields(form: str) -> set[str]:
    """The names of the placeholders of a text."""
    return {name for _, name, _, _ in string.Formatter().parse(form) if name is not None}


def too_long(language: str, catalogue: Catalog) -> list[str]:
    """Buttons, commands and captions that would not fit."""
    found = []
    for place, text in all_texts().items():
        name = place.split(":")[1]
        forms = (text.one,) if language == "en" else (catalogue.get(text.one) or text).string  # type: ignore[union-attr]
        for form in (forms,) if isinstance(forms, str) else forms:
            most = MOST_CAPTION if name == "CAPTION" else MOST_COMMAND if name.startswith("COMMANDS") else None
            most = MOST_BUTTON if "BUTTON" in name else most
            if most and len(form) > most:
                found.append(f"{language}: more than {most} characters: {form!r}")
    return found
