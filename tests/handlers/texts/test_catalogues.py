"""Every text is there in every language, and none stands in the code."""

import ast
import re
from decimal import Decimal
from pathlib import Path
from unicodedata import bidirectional

import pytest
from babel import Locale

from handlers import texts
from handlers.texts import admin, cast, data, formats, menus, settings
from handlers.texts.catalogues import FIELD, all_texts, faults, read_catalogue, update
from handlers.texts.language import (
    FSI,
    LANGUAGES,
    LOCALES,
    LRI,
    PDI,
    Text,
    amount,
    best,
    isolated,
    listed,
    named_catalogues,
    sentences,
    speaking,
    telegram_codes,
)
from handlers.transport.keyboards import width_of

ROOT = Path(__file__).parents[3]
OTHERS = [code for code in LANGUAGES if code != "en"]
TOLD = (
    "log",
    "OperatorError",
    "Unreachable",
    "WrongSize",
    "TwoBots",
    "UnusableProxy",
    "NotLocal",
    "NotTelegram",
    "BadRequest",
    "ValueError",
)
"""Who is told in English: the operator, by logs and errors."""


def is_rtl(language: str) -> bool:
    return Locale.parse(language, sep="-").text_direction == "rtl"


@pytest.mark.parametrize("language", OTHERS)
def test_no_text_is_missing_and_no_placeholder_differs(language: str) -> None:
    assert faults(language) == []


@pytest.mark.parametrize("language", OTHERS)
def test_the_catalogue_holds_just_the_texts_that_there_are(
    language: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / f"{language}.po").write_bytes((LOCALES / f"{language}.po").read_bytes())
    monkeypatch.setattr("handlers.texts.catalogues.LOCALES", tmp_path)
    update(language)
    assert (tmp_path / f"{language}.po").read_bytes() == (LOCALES / f"{language}.po").read_bytes()


def test_a_missing_text_and_a_lost_placeholder_are_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    source = (LOCALES / "ru.po").read_text().replace("Отправлено: {name}.", "Отправлено.").replace("Отмена", "")
    (tmp_path / "ru.po").write_text(source)
    monkeypatch.setattr("handlers.texts.catalogues.LOCALES", tmp_path)
    found = faults("ru")
    assert any("SENT" in fault and "other placeholders" in fault for fault in found)
    assert any("BUTTON_CANCEL" in fault and "not translated" in fault for fault in found)


def said(text: Text, fact: str = "0.00") -> str:
    """A text with its facts filled in."""
    facts: dict[str, object] = dict.fromkeys(FIELD.findall(text.many or text.one), fact)
    return text(**facts, **({"n": 365} if text.many else {})) if "n" not in facts else text(**{**facts, "n": 365})


TOASTS = ("access.py", "limits.py", "settings.py", ":CHANGE_", "BUTTON")
"""Where the texts are of which some are said at the top of the screen, or in a box."""

LONGEST_LABEL = 34
"""As wide as a button alone in its row may be on a phone, in letters."""


@pytest.mark.parametrize("language", LANGUAGES)
def test_lengths_are_what_telegram_takes(language: str) -> None:
    with speaking(language):
        assert all(1 <= len(text()) <= 256 for text in {**menus.COMMANDS, **menus.FOR_OPERATORS}.values())
        assert len(texts.DESCRIPTION()) <= 512
        assert len(texts.SHORT_DESCRIPTION()) <= 120
        assert len(formats.SET_TITLE(name="")) <= 40  # of 64: the rest is for the name
        assert all(len(said(text)) <= 4096 for _, text in all_texts())
        for place, text in all_texts():
            if any(part in place for part in TOASTS):
                assert len(said(text)) <= 200, place


@pytest.mark.parametrize("language", LANGUAGES)
def test_words_below_a_picture_fit_its_caption(language: str) -> None:
    with speaking(language):
        start = [texts.WELCOME(seconds=60), texts.WELCOME_FACES(), texts.EXAMPLE_BY_PUPPET(), cast.START_UNKNOWN()]
        panel = [said(text, "1000.00") for text in (*admin.SPENT_OF.values(), admin.WORKS, admin.STUCK)]
        line = data.HISTORY_LINE(number=8, facts=" · ".join(["x" * 32, *(text() for text in longest_format()), "1:00"]))
        captions = {
            "start": "\n\n".join(start),
            "panel": "\n".join([*panel, admin.PAUSED_SINCE()]),
            "history": "\n".join([data.HISTORY(), *[line + "x" * 30] * 8]),
        }
        assert {name: len(words) for name, words in captions.items() if len(words) > 1024} == {}


def longest_format() -> list[Text]:
    return [max(each.values(), key=lambda text: len(text())) for each in (settings.RATIO, settings.STYLE)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_labels_are_short_enough_for_a_phone(language: str) -> None:
    """Whole sentences that are said when a button is pressed are no labels, and end with a full stop."""
    with speaking(language):
        for place, text in all_texts():
            if "BUTTON" in place and not text.one.endswith("."):
                assert width_of(said(text, "0.00 CNY")) <= LONGEST_LABEL, place
        shape = [text() for text in settings.FORMAT.values()]
        assert all(width_of(label) <= 14 for label in shape), "two in a row, with a mark"
    assert width_of(LANGUAGES[language]) <= 14, "two in a row, with a mark"


@pytest.mark.parametrize("language", [code for code in LANGUAGES if is_rtl(code)])
def test_a_line_from_right_to_left_begins_with_a_word_that_does(language: str) -> None:
    """A client takes the direction of a line from its first letter; commands and facts are isolated, so not these."""
    with speaking(language):
        for place, text in all_texts():
            for line in re.sub(rf"[{FSI}{LRI}].*?{PDI}", "", said(text)).split("\n"):
                first = next((letter for letter in line if bidirectional(letter) in ("L", "R", "AL")), "")
                assert not first or bidirectional(first) in ("R", "AL"), f"{place}: {line}"


def test_plurals_are_those_of_the_language() -> None:
    said = {}
    for language, numbers in {"en": (1, 2), "ru": (1, 2, 5, 21), "es": (1, 2), "zh": (1, 2)}.items():
        with speaking(language):
            said[language] = [data.FORGOTTEN_FILES(n=number) for number in numbers]
    assert "1 file and" in said["en"][0]
    assert "2 files and" in said["en"][1]
    assert [words.split()[2] for words in said["ru"]] == ["файл", "файла", "файлов", "файл"]
    assert "2 archivos" in said["es"][1]
    assert "2 个文件" in said["zh"][1]


@pytest.mark.parametrize(
    ("code", "language"),
    [
        ("en", "en"),
        ("zh-hans", "zh"),
        ("zh-TW", "zh"),
        ("ru", "ru"),
        ("es-419", "es"),
        ("pt-br", "pt"),
        ("in", "id"),
        ("nb", "en"),
        ("", "en"),
        (None, "en"),
    ],
)
def test_the_language_of_a_telegram_is_found(code: str | None, language: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("handlers.texts.language.LANGUAGES", dict.fromkeys(("en", "zh", "ru", "es", "pt", "id"), ""))
    assert best(code) == language


def test_telegram_shows_menus_in_languages_of_two_letters(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("handlers.texts.language.LANGUAGES", dict.fromkeys(("en", "zh", "zh-hant"), ""))
    assert telegram_codes() == {"en": "", "zh": "zh"}


def test_a_language_is_added_by_one_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "sv.po").write_text("# Svenska\n")
    names = {"en": "English", **named_catalogues(tmp_path)}
    assert names["sv"] == "Svenska"
    for module in ("language", "catalogues"):
        monkeypatch.setattr(f"handlers.texts.{module}.LANGUAGES", names)
        monkeypatch.setattr(f"handlers.texts.{module}.LOCALES", tmp_path)
    update("sv")
    assert len(faults("sv")) > 300
    path = tmp_path / "sv.po"
    path.write_text(path.read_text().replace('msgid "Cancel"\nmsgstr ""', 'msgid "Cancel"\nmsgstr "Avbryt"'))
    update("sv")
    assert path.read_text().startswith("# Svenska\n")
    with speaking("sv-fi"):
        assert texts.BUTTON_CANCEL() == "Avbryt"


def test_the_nearest_of_a_family_goes_before_the_family(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("handlers.texts.language.LANGUAGES", {"en": "English", "zh": "简体中文", "zh-hant": "繁體中文"})
    assert [best(code) for code in ("zh-hant-hk", "zh-Hant", "zh-hans", "zh")] == ["zh-hant", "zh-hant", "zh", "zh"]


def test_names_in_arabic_do_not_turn_the_words_around_them(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    ready = "{name} جاهز، اكتب /cast"
    (tmp_path / "he.po").write_text(f'# עברית\n\nmsgid "{{name}} is ready, /cast"\nmsgstr "{ready}"\n')
    monkeypatch.setattr("handlers.texts.language.LANGUAGES", {"en": "English", "he": "עברית"})
    monkeypatch.setattr("handlers.texts.language.LOCALES", tmp_path)
    text = Text("{name} is ready, /cast")
    assert text(name="Anna!") == "Anna! is ready, /cast"
    with speaking("he"):
        assert text(name="Anna!") == f"{FSI}Anna!{PDI} جاهز، اكتب {LRI}/cast{PDI}"
        assert text(name=-100123).startswith(f"{FSI}-100123{PDI} "), "the id of a group keeps its sign in front"
        assert isolated("") == ""


def test_lists_sentences_and_money_are_written_as_the_language_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("handlers.texts.language.LANGUAGES", dict.fromkeys(("en", "de", "ja", "ar"), ""))
    assert (listed(["A", "B", "C"]), listed(["A", "B"], "or")) == ("A, B, and C", "A or B")
    assert (sentences("Yes.", "", "No."), amount(Decimal("7.5"))) == ("Yes. No.", "7.50")
    with speaking("de"):
        assert (listed(["A", "B", "C"]), amount(Decimal("1234.5"))) == ("A, B und C", "1234,50")
    with speaking("ja"):
        assert (listed(["A", "B"]), sentences("はい。", "いいえ。")) == ("A、B", "はい。いいえ。")
    with speaking("ar"):
        assert listed(["A", "B"]) == f"{FSI}A{PDI} و{FSI}B{PDI}"
        assert amount(Decimal("7.5")) == "7.50"


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (("Отправлено: {name}.", "Отправлено: {name}. {"), "placeholders"),
        (("Все команды: /help", "Все команды/help"), "commands"),
        (("Отправлено: {name}.", "Отправлено: {name}. "), "spaces"),
    ],
)
def test_what_would_not_work_in_a_translation_is_named(
    change: tuple[str, str], fault: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    source = (LOCALES / "ru.po").read_text()
    assert change[0] in source
    (tmp_path / "ru.po").write_text(source.replace(*change))
    monkeypatch.setattr("handlers.texts.catalogues.LOCALES", tmp_path)
    (found,) = faults("ru")
    assert fault in found


def test_a_plural_form_of_one_number_may_leave_it_out(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "ru.po").write_text((LOCALES / "ru.po").read_text())
    (tmp_path / "es.po").write_text((LOCALES / "es.po").read_text().replace("{n} archivo ", "Un archivo "))
    monkeypatch.setattr("handlers.texts.catalogues.LOCALES", tmp_path)
    assert faults("es") == []


def test_a_text_outside_any_language_is_english() -> None:
    assert Text("Cancel")() == "Cancel"
    assert read_catalogue("es").get("Cancel").string == "Cancelar"  # type: ignore[union-attr]


def literals(source: str) -> list[str]:
    """The strings with words in them that stand in code: not in docstrings, nor told to the operator."""
    tree = ast.parse(source)
    skipped: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            skipped.add(id(node.value))
        if isinstance(node, ast.Call):
            name = ast.unparse(node.func)
            if name.split(".")[0] in TOLD or name.split(".")[-1] in TOLD or "re.compile" in name:
                skipped |= {id(each) for each in ast.walk(node)}
        if isinstance(node, ast.Compare | ast.Assign) and not _names_a_text(node):
            skipped |= {id(each) for each in ast.walk(node) if isinstance(each, ast.Constant)}
    return [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and id(node) not in skipped
        and re.search(r"[^\W\d_]{2,} +[^\W\d_]{2,}", node.value)
    ]


def _names_a_text(node: ast.AST) -> bool:
    """Whether something is put into a name from which it is told to a person."""
    return isinstance(node, ast.Assign) and any(
        isinstance(target, ast.Name) and target.id in ("text", "word", "words", "caption", "lines")
        for target in node.targets
    )


CODE = [
    path
    for path in sorted((ROOT / "handlers").rglob("*.py"))
    if path.parent.name != "texts" or path.name in ("language.py", "catalogues.py")
]
"""All but the texts themselves."""


@pytest.mark.parametrize("path", CODE, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_words_for_people_stand_in_code(path: Path) -> None:
    allowed: set[str] | None = {
        "handlers/texts/catalogues.py": None,
        "handlers/transport/inbox.py": set(),
    }.get(path.relative_to(ROOT).as_posix(), set())
    found = literals(path.read_text())
    if allowed is not None:
        assert [words for words in found if not any(part in words for part in allowed)] == []


def test_words_in_code_are_found() -> None:
    assert literals('await answer(message, "Something else")') == ["Something else"]
    assert literals('text = "Something else"') == ["Something else"]
    assert literals('"""A docstring here."""\nlog.info("some words", why="other words")') == []
