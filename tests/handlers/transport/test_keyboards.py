"""Labels are seen whole: a row has as many buttons as have room for theirs, marked or not."""

import pytest
from telegram import InlineKeyboardButton

from handlers.texts.language import LANGUAGES, speaking
from handlers.texts.settings import FORMAT, RATIO, STYLE, WHO
from handlers.transport.keyboards import WIDEST, in_rows, marked, width_of


def rows(*labels: str) -> list[list[str]]:
    return [[button.text for button in row] for row in in_rows([InlineKeyboardButton(each, "a") for each in labels])]


@pytest.mark.parametrize(
    ("labels", "seen"),
    [
        ([], []),
        (["Calm", "✓ Normal", "Lively"], [["Calm", "✓ Normal", "Lively"]]),
        (["Calm", "Nervously", "Lively"], [["Calm", "Nervously"], ["Lively"]]),
        (["Calm", "✓ Nervously", "Lively"], [["Calm", "✓ Nervously"], ["Lively"]]),
        (["Ask whose photo it is", "Don't"], [["Ask whose photo it is"], ["Don't"]]),
        (["One", "Two", "Three", "Four"], [["One", "Two"], ["Three", "Four"]]),
        (["平静", "✓ 普通", "活泼"], [["平静", "✓ 普通", "活泼"]]),
        (["方形画面的", "竖版"], [["方形画面的", "竖版"]]),
    ],
)
def test_as_many_in_a_row_as_have_room(labels: list[str], seen: list[list[str]]) -> None:
    assert rows(*labels) == seen


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("group", [RATIO, STYLE, FORMAT, WHO], ids=["ratio", "style", "format", "who"])
def test_no_choice_is_cut_in_any_language(group: dict[str, object], language: str) -> None:
    with speaking(language):
        shown = rows(*(marked(str(text), True) for text in group.values()))
    assert all(width_of(label) <= WIDEST.get(len(row), 32) for row in shown for label in row)
