"""`python -m handlers.texts.catalogues`: bring `locales/*.po` up to date with the texts, and name what is missing."""

import importlib
import io
import pkgutil
import re
from collections import Counter
from collections.abc import Iterator
from gettext import c2py

from babel import Locale
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po, write_po

import handlers.texts
from handlers.texts.language import COMMAND, LANGUAGES, LOCALES, Text

FIELD = re.compile(r"\{(\w+)\}")


def all_texts() -> Iterator[tuple[str, Text]]:
    """Yield every text and its place, such as `handlers/texts/cast.py:SAVED`."""
    folder = pkgutil.iter_modules(handlers.texts.__path__, "handlers.texts.")
    for name in ("handlers.texts", *sorted(module.name for module in folder)):
        module = importlib.import_module(name)
        path = f"{name.replace('.', '/')}{'/__init__' if name == 'handlers.texts' else ''}.py"
        for label, value in vars(module).items():
            for text in value.values() if isinstance(value, dict) else [value]:
                if isinstance(text, Text):
                    yield f"{path}:{label}", text


def read_catalogue(language: str) -> Catalog:
    """Return the catalogue of a language, as it stands in its file; an empty one where there is none."""
    path = LOCALES / f"{language}.po"
    source = io.BytesIO(path.read_bytes() if path.exists() else b"")
    return read_po(source, locale=Locale.parse(language, sep="-"))


def update(language: str) -> Catalog:
    """Write a language's catalogue anew: just the texts that there are, with the translations that it has."""
    before = read_catalogue(language)
    locale = Locale.parse(language, sep="-")
    after = Catalog(locale, project="emobot", fuzzy=False, header_comment=f"# {LANGUAGES[language]}")
    after.revision_date = after.creation_date = before.creation_date
    for place, text in all_texts():
        known = before.get(text.one)
        words = known.string if known is not None else ("" if text.many is None else ())
        after.add((text.one, text.many) if text.many else text.one, words, [(place, None)])  # type: ignore[list-item]
    with (LOCALES / f"{language}.po").open("wb") as file:
        write_po(file, after, width=120, omit_header=False)
    return after


def faults(language: str) -> list[str]:
    """Return what is wrong with a catalogue: missing and empty texts; placeholders, commands and lines that differ."""
    catalogue, found = read_catalogue(language), []
    singles = _single_forms(catalogue)
    for place, text in all_texts():
        message = catalogue.get(text.one)
        forms = _forms(message)
        wanted = catalogue.num_plurals if text.many else 1
        if message is None or message.fuzzy or len(forms) != wanted or not all(forms):
            found.append(f"{place}: {text.one[:60]!r} is not translated")
            continue
        for number, form in enumerate(forms):
            may_lack = {"n"} if text.many and number in singles else set()
            found += [f"{place}: {form!r} has other {what}" for what in _differences(text, form, may_lack)]
    return found


def _differences(text: Text, form: str, may_lack: set[str]) -> Iterator[str]:
    """Yield what a translation does not have as the text has it."""
    source = text.many or text.one
    fields = set(FIELD.findall(source))
    if not fields - may_lack <= set(FIELD.findall(form)) <= fields or re.search(r"[{}]", FIELD.sub("", form)):
        yield "placeholders"
    if not set(COMMAND.findall(source)) <= set(COMMAND.findall(form)):
        yield "commands (each wants a space or a sign on both sides, or Telegram makes no link of it)"
    if source.count("\n") != form.count("\n") or form != form.strip():
        yield "lines, or spaces around"


def _single_forms(catalogue: Catalog) -> set[int]:
    """Return the plural forms of a language that stand for one number each: "two files" needs no 2 in Arabic."""
    form_of = c2py(catalogue.plural_expr)
    forms = Counter(form_of(number) for number in range(1000))
    return {form for form, numbers in forms.items() if numbers == 1}


def _forms(message: Message | None) -> list[str]:
    if message is None:
        return []
    return [message.string] if isinstance(message.string, str) else list(message.string or ())


def main() -> int:
    """Update every catalogue; 1 where something is missing."""
    problems = []
    for language in LANGUAGES:
        if language != "en":
            update(language)
            problems += [f"{language}: {fault}" for fault in faults(language)]
    print("\n".join(problems) or "Every text is translated.")  # noqa: T201
    return 1 if problems else 0


if __name__ == "__main__":
    raise SystemExit(main())
