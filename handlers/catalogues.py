"""The translations beside the texts: `python -m handlers.catalogues update`, and `… check`.

`update` brings `locales/CODE.po` up to date with `handlers/texts/`: new and changed texts come in untranslated, those
that are gone go. `check` says what is missing or would break.
"""

import importlib
import io
import pkgutil
import re
import string
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po, write_po

from handlers import texts
from handlers.language import LANGUAGES, LOCALES, Text

TRANSLATED = tuple(code for code in LANGUAGES if code != "en")

BRIEF, LABEL = 16, 30
"""Characters: what is so brief in English is a button, and the longest that half a phone's width shows."""

LIMITS = (200, 256, 1024, 4096)
"""Telegram's, for the answer to a press, a command of the menu, a caption, and a message: what English keeps to, the
others have to keep to."""

UNSTABLE = (b'"POT-Creation-Date', b'"PO-Revision-Date', b'"Generated-By')


def all_texts() -> list[tuple[str, Text]]:
    """Every text and where it is written, such as `handlers/texts/cast.py:SAVED`."""
    found = []
    names = [texts.__name__, *(f"{texts.__name__}.{one.name}" for one in pkgutil.iter_modules(texts.__path__))]
    for module in map(importlib.import_module, sorted(names)):
        path = "/".join(Path(str(module.__file__)).parts[-3:])
        for name, value in vars(module).items():
            found += [(f"{path}:{name}", text) for text in _texts_in(value)]
    return found


def _texts_in(value: object) -> Iterator[Text]:
    if isinstance(value, Text):
        yield value
    elif isinstance(value, dict):
        yield from (text for one in value.values() for text in _texts_in(one))


def read(language: str) -> Catalog:
    """The catalogue of a language; an empty one where there is none."""
    path = LOCALES / f"{language}.po"
    if not path.exists():
        return Catalog(locale=language)
    with path.open("rb") as file:
        return read_po(file, locale=language)


def update(language: str) -> Catalog:
    """A catalogue of today's texts, with what is translated of them already."""
    before = read(language)
    catalogue = Catalog(locale=language, project="emobot", charset="utf-8", fuzzy=False, header_comment="")
    for place, text in all_texts():
        key = (text.one, text.many) if text.many else text.one
        known = before.get(text.one)
        words = known.string if known and known.id == key else ("",) * catalogue.num_plurals if text.many else ""
        catalogue.add(key, words, locations=[(place, 0)], flags=["python-brace-format"] if fields(text.one) else [])
    return catalogue


def write(catalogue: Catalog) -> None:
    """Write a catalogue, without the dates that would differ each time."""
    packed = io.BytesIO()
    write_po(packed, catalogue, width=100, include_lineno=False)
    lines = packed.getvalue().splitlines(keepends=True)
    kept = b"".join(line for line in lines if not line.startswith(UNSTABLE))
    (LOCALES / f"{catalogue.locale}.po").write_bytes(kept)


def problems(catalogue: Catalog) -> list[str]:
    """What is missing in a catalogue or would break; nothing when it is whole."""
    wanted = {text.one: text for _, text in all_texts()}
    found = []
    for one, text in wanted.items():
        message = catalogue.get(one)
        found += [f"{what}: {one!r}" for what in (wrong(message, text, catalogue) if message else ["missing"])]
    kept = {one.id[0] if isinstance(one.id, list | tuple) else one.id for one in catalogue}
    found += [f"not a text any more: {one!r}" for one in sorted(kept - wanted.keys() - {""})]
    return [f"{catalogue.locale}: {what}" for what in found]


def wrong(message: Message, text: Text, catalogue: Catalog) -> Iterator[str]:
    """What is wrong with the translation of a text."""
    forms = message.string if isinstance(message.string, list | tuple) else (message.string,)
    if message.fuzzy:
        yield "fuzzy"
    expected = Catalog(locale=catalogue.locale).num_plurals if text.many else 1
    if len(forms) != expected or catalogue.num_plurals != Catalog(locale=catalogue.locale).num_plurals:
        yield f"{len(forms)} forms, not {expected}"
    for form in map(str, forms):
        if not form.strip():
            yield "empty"
            continue
        if fields(form) != fields(text.one):
            yield f"other placeholders in {form!r}"
        if commands(form) != commands(text.one):
            yield f"other commands in {form!r}"
        if re.search(r"[<>*_`]|\]\(", form):
            yield f"markup in {form!r}"
        if form != form.strip() or form.count("\n") != text.one.count("\n"):
            yield f"other lines in {form!r}"
        limits = [LABEL] * (len(text.one) <= BRIEF) + [limit for limit in LIMITS if len(text.one) <= limit]
        if len(form) > min(limits):
            yield f"more than {min(limits)} characters in {form!r}"


def fields(form: str) -> set[str]:
    """The names of the placeholders in a text; a broken one is a name of its own."""
    try:
        return {name for _, name, _, _ in string.Formatter().parse(form) if name is not None}
    except ValueError as error:
        return {str(error)}


def commands(form: str) -> set[str]:
    """The commands that a text names."""
    return set(re.findall(r"/[a-z]+", form))


def main(arguments: list[str]) -> int:
    """Run the tool; returns the exit status."""
    if arguments not in (["update"], ["check"]):
        sys.stderr.write("python -m handlers.catalogues update | check\n")
        return 2
    found = []
    for language in TRANSLATED:
        if arguments == ["update"]:
            write(update(language))
        found += problems(read(language))
    sys.stdout.writelines(f"{line}\n" for line in found)
    return 1 if found and arguments == ["check"] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
