"""Every text is there in every language, and none stands in the code."""

import ast
import re
from pathlib import Path

import pytest

from handlers import texts
from handlers.texts import data, menus, settings
from handlers.texts.catalogues import all_texts, faults, read_catalogue, update
from handlers.texts.language import LANGUAGES, LOCALES, Text, best, named_catalogues, speaking

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


@pytest.mark.parametrize("language", LANGUAGES)
def test_lengths_are_what_telegram_takes(language: str) -> None:
    with speaking(language):
        assert all(len(text()) <= 256 for text in {**menus.COMMANDS, **menus.FOR_OPERATORS}.values())
        assert all(len(text()) <= 200 for text in settings.ABOUT.values())
        for place, text in all_texts():
            if "BUTTON" in place and "{" not in text.one:
                assert len(text()) <= 200, place  # some are said at the top of the screen


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
    [("en", "en"), ("zh-hans", "zh"), ("zh-TW", "zh"), ("ru", "ru"), ("es-419", "es"), ("pt-br", "en"), (None, "en")],
)
def test_the_language_of_a_telegram_is_found(code: str | None, language: str) -> None:
    assert best(code) == language


def test_a_language_is_added_by_one_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "pt.po").write_text("# Português\n")
    names = {"en": "English", **named_catalogues(tmp_path)}
    assert names["pt"] == "Português"
    for module in ("language", "catalogues"):
        monkeypatch.setattr(f"handlers.texts.{module}.LANGUAGES", names)
        monkeypatch.setattr(f"handlers.texts.{module}.LOCALES", tmp_path)
    update("pt")
    assert len(faults("pt")) > 300
    path = tmp_path / "pt.po"
    path.write_text(path.read_text().replace('msgid "Cancel"\nmsgstr ""', 'msgid "Cancel"\nmsgstr "Cancelar"'))
    update("pt")
    assert path.read_text().startswith("# Português\n")
    with speaking("pt-br"):
        assert texts.BUTTON_CANCEL() == "Cancelar"


def test_the_nearest_of_a_family_goes_before_the_family(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("handlers.texts.language.LANGUAGES", {"en": "English", "zh": "简体中文", "zh-hant": "繁體中文"})
    assert [best(code) for code in ("zh-hant-hk", "zh-Hant", "zh-hans", "zh")] == ["zh-hant", "zh-hant", "zh", "zh"]


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
