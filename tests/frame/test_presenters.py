"""A folder of presenters: which files are one, and what the operator hears of the others."""

from pathlib import Path
from typing import cast

import aiohttp
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.cli.doctor_machine import check_presenters
from bot.presenters import find_presenters, load_presenters
from bot.settings import Settings
from storage.cast import PRESENTERS, faces
from storage.database import open_database
from storage.objects import Objects
from storage.upgrade import migrate

PORTRAIT = Path(__file__).parents[2] / "examples" / "portrait.jpg"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "presenters"
    folder.mkdir()
    for name in ("Anna_Lee.jpg", "Bob.jpg", "anna lee.jpeg", "<b>.jpg", "x" * 33 + ".jpg"):
        (folder / name).write_bytes(PORTRAIT.read_bytes())
    (folder / "Broken.png").write_bytes(b"no picture")
    (folder / "folder").mkdir()
    return folder


def test_a_name_is_the_files_own_and_is_had_once(folder: Path) -> None:
    found = find_presenters(folder)
    assert list(found.files) == ["Anna Lee", "Bob", "Broken"]
    told = "\n".join(found.problems)
    for words in ("anna lee.jpeg: Anna_Lee.jpg has the same name", "<b>.jpg: its name may hold", "longer than 32"):
        assert words in told


async def test_the_doctor_tries_every_picture(folder: Path) -> None:
    settings, nobody = Settings(presenters_dir=folder), cast(aiohttp.ClientSession, None)
    found = await check_presenters(settings, nobody)
    assert [finding.mark for finding in found] == ["✗", "✗", "✗", "✗", "✓"]
    assert "Broken.png: not an image" in found[-2].text
    assert found[-1].text == "presenters: Anna Lee, Bob"
    assert await check_presenters(Settings(), nobody) == []


async def test_a_bad_picture_keeps_nobody_else_away_and_a_folder_out_of_reach_takes_nobody(
    folder: Path, tmp_path: Path
) -> None:
    database = open_database(f"sqlite+aiosqlite:///{tmp_path}/bot.db")
    await migrate(database)
    objects = Objects(tmp_path / "objects", database)
    await load_presenters(database, objects, folder, "bot")
    assert await names(database) == {"Anna Lee", "Bob"}
    await load_presenters(database, objects, folder / "elsewhere", "bot")
    assert await names(database) == {"Anna Lee", "Bob"}
    (folder / "Bob.jpg").unlink()
    await load_presenters(database, objects, folder, "bot")
    assert await names(database) == {"Anna Lee"}
    await load_presenters(database, objects, None, "bot")
    assert await names(database) == set()
    await database.dispose()


async def names(database: AsyncEngine) -> set[str]:
    return {face.name for face in await faces(database, PRESENTERS)}
