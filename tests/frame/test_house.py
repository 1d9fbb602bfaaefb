"""The map of the house is true: each room and each file of `bot/` is on it, and the README shows the same one."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
ROOMS = ("bot", "handlers", "storage")


def map_in(page: str) -> str:
    found = re.search(r"```\nbot/ .*?```", (ROOT / page).read_text("utf-8"), re.DOTALL)
    assert found is not None
    return found[0]


def test_the_readme_shows_the_same_map() -> None:
    assert map_in("README.md") == map_in("docs/house.md")


def test_every_room_is_on_the_map_and_every_place_on_it_is_there() -> None:
    shown = map_in("docs/house.md")
    folders = {path.parent for room in ROOMS for path in (ROOT / room).glob("*/__init__.py")}
    missing = [path.name for path in folders if f"  {path.name}/" not in shown]
    missing += [
        path.name for path in (ROOT / "bot").glob("*.py") if path.name != "__init__.py" and path.name not in shown
    ]
    assert missing == []
    named = re.findall(r"\w+\.py", shown)
    assert [name for name in named if not (ROOT / "bot" / name).is_file()] == []


def test_every_file_that_the_page_names_is_there() -> None:
    page = (ROOT / "docs/house.md").read_text("utf-8")
    named = set(re.findall(r"`((?:bot|handlers|storage|tests)/[\w/.]+\.py)`", page))
    assert named
    assert [name for name in sorted(named) if not (ROOT / name).is_file()] == []
