"""Where the disk gets full, what was not used for longest goes first, and a day's files never."""

import os
import time
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.housekeeping import make_room
from storage.cast import PRESENTERS, Whose, faces, forget_unused_faces, save_face, set_presenters
from storage.drafts import DraftKey, write_draft
from storage.objects import Object, Objects
from storage.renders import Stage, create_render, end_render
from storage.tables import objects as table
from tests.storage.conftest import database, migrated_url, schema_of_all

__all__ = ["database", "migrated_url", "schema_of_all"]

SIZE, DISK = 1000, 10_000
SPOKEN = {
    "chat_id": 1,
    "user_id": 1,
    "thread_id": 0,
    "voice_message_id": 1,
    "voice_sha": "v",
    "ratio": "1:1",
    "style": "",
}


class Workflows:
    async def forget_finished(self, older_than: float) -> None:
        """DBOS is not here."""


async def test_the_oldest_files_go_first_as_far_as_needed_and_what_is_mentioned_stays(
    database: AsyncEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    objects = Objects(tmp_path, database)
    parts: Any = SimpleNamespace(database=database, objects=objects)
    workflows: Any = Workflows()

    def free(store: Objects) -> int:
        return DISK - sum(path.stat().st_size for path in tmp_path.glob("??/*"))

    async def kept() -> list[int]:
        return [days for days, each in made.items() if await objects.get(each.sha) is not None]

    monkeypatch.setattr(Objects, "free_bytes", free)
    made = {days: await _used(objects, tmp_path, days) for days in (0, 2, 3, 5, 6)}
    await write_draft(database, DraftKey(1, 1), portrait_sha=made[5].sha)
    made[40] = await _used(objects, tmp_path, 40)
    await save_face(database, 1, "Ann", Whose(made[40].sha), 1)
    assert await make_room(parts, workflows, 7, DISK - 6 * SIZE)
    assert await kept() == [0, 2, 3, 5, 6, 40], "there is room"
    assert await make_room(parts, workflows, 7, DISK - 5 * SIZE)
    assert await kept() == [0, 2, 3, 5, 40], "half of seven days"
    assert await make_room(parts, workflows, 7, DISK - 3 * SIZE)
    assert await kept() == [0, 5, 40], "a quarter of them"
    assert not await make_room(parts, workflows, 7, DISK)
    assert await kept() == [0, 5, 40], "what was used today, and what a draft or a cast names, stays"
    with time_machine.travel(time.time() - timedelta(days=40).total_seconds()):
        once, _ = await create_render(database, "once", **SPOKEN, portrait_sha=made[40].sha)
        await end_render(database, once.id, Stage.DELIVERED)
    assert await make_room(parts, workflows, 7, DISK - 2 * SIZE)
    assert await kept() == [0, 5], "a face that was let speak 40 days ago goes where nothing else helps"


async def test_a_face_stays_as_long_as_it_is_let_speak_and_a_presenter_always(
    database: AsyncEngine, tmp_path: Path
) -> None:
    objects = Objects(tmp_path, database)
    sha = (await _used(objects, tmp_path, 0)).sha
    with time_machine.travel(time.time() - timedelta(days=400).total_seconds()):
        await set_presenters(database, {"Host": sha})
        for name, face in (("Ann", sha), ("Ben", "another")):
            await save_face(database, 1, name, Whose(face), 1)
    await create_render(database, "now", **SPOKEN, portrait_sha=sha)
    year_ago = time.time() - timedelta(days=365).total_seconds()
    assert await forget_unused_faces(database, year_ago) == 1
    assert [face.name for face in await faces(database, 1)] == ["Ann"]
    assert [face.name for face in await faces(database, PRESENTERS)] == ["Host"]


async def _used(objects: Objects, folder: Path, days: int) -> Object:
    """A file that was last used so many days ago."""
    path = folder / "new"
    path.write_bytes(os.urandom(SIZE))
    kept = await objects.add(path, extension="jpg", kind="portrait")
    at = time.time() - timedelta(days=days, hours=1).total_seconds()
    async with objects.database.begin() as connection:
        await connection.execute(sa.update(table).where(table.c.sha == kept.sha).values(used_at=at))
    return kept
