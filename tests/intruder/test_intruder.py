"""The table of promises names tests that are there, the page shows it, and a broken promise is seen."""

import ast
from pathlib import Path

from tests.intruder.__main__ import Outcomes
from tests.intruder.page import PAGE, with_tables
from tests.intruder.promises import PROMISES, Promise

TESTS = Path(__file__).parents[1]
PROMISE = Promise("A thief", "Nothing is taken.", ("house/test_door.py", "house/test_window.py::test_it_is_shut"))


def test_every_test_in_the_table_is_there() -> None:
    for tried in {tried for promise in PROMISES for tried in promise.tried}:
        file, _, name = tried.partition("::")
        names = {each.name for each in ast.walk(ast.parse((TESTS / file).read_text())) if hasattr(each, "name")}
        assert not name or name in names, tried


def test_the_page_shows_the_table() -> None:
    page = PAGE.read_text("utf-8")
    assert page == with_tables(page), "python -m tests.intruder --write"


def test_one_failed_attempt_breaks_a_promise() -> None:
    outcomes = Outcomes()
    assert outcomes.judge(PROMISE) == "NOT TRIED"
    outcomes.of["house/test_window.py::test_it_is_open"] = ["failed"]
    outcomes.of["house/test_window.py::test_it_is_shut"] = ["passed", "skipped"]
    assert outcomes.judge(PROMISE) == "kept, 1 attempts, 1 not tried here"
    outcomes.of["house/test_door.py::test_of_any_name"] = ["passed", "failed"]
    assert outcomes.judge(PROMISE) == "BROKEN"
