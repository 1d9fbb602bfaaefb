"""Bytes are kept once, found again, and deleted when nobody needs them, whatever is killed in between."""

import asyncio
import errno
import hashlib
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from storage.database import open_database
from storage.drafts import DraftKey, write_draft
from storage.objects import Object, Objects
from storage.renders import Stage, create_render, end_render, forget_old_renders, update_render
from storage.store import StorageFull
from storage.tables import objects as table
from storage.upgrade import migrate

ROOT = Path(__file__).parents[2]
LONG_AGO = 1000.0


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "objects"


@pytest.fixture
def objects(root: Path, database: AsyncEngine) -> Objects:
    return Objects(root, database)


async def add(objects: Objects, content: bytes, kind: str = "portrait", extension: str = "jpg", **facts: Any) -> Object:
    with objects.scratch() as folder:
        (folder / "file").write_bytes(content)
        return await objects.add(folder / "file", extension=extension, kind=kind, **facts)


async def age(database: AsyncEngine, sha: str) -> None:
    async with database.begin() as connection:
        await connection.execute(sa.update(table).where(table.c.sha == sha).values(used_at=LONG_AGO))


def files(root: Path) -> list[Path]:
    return sorted(path for path in root.glob("??/*"))


async def test_an_object_is_found_again_by_its_hash(objects: Objects, root: Path) -> None:
    kept = await add(objects, b"a face", width=400, height=500)
    assert kept.sha == hashlib.sha256(b"a face").hexdigest()
    assert (kept.size, kept.width, kept.height, kept.seconds) == (6, 400, 500, None)
    assert await objects.get(kept.sha) == kept
    assert objects.path(kept) == root / kept.sha[:2] / f"{kept.sha[2:]}.jpg"
    assert objects.path(kept).read_bytes() == b"a face"
    assert await objects.get("0" * 64) is None


async def test_several_are_found_at_once_without_those_that_are_not_there(objects: Objects) -> None:
    face, voice = await add(objects, b"a face"), await add(objects, b"a voice", "voice", "mp3")
    await add(objects, b"another face")
    assert await objects.get_all(face.sha, "0" * 64, voice.sha) == {face.sha: face, voice.sha: voice}


async def test_the_same_bytes_twice_are_one_object_used_anew(
    objects: Objects, database: AsyncEngine, root: Path
) -> None:
    first = await add(objects, b"a face")
    await age(database, first.sha)
    again = await add(objects, b"a face", extension="jpeg")
    assert again.extension == "jpg"
    assert again.used_at > LONG_AGO
    assert files(root) == [objects.path(again)]


async def test_who_reads_a_file_keeps_it_though_the_same_bytes_come_again(objects: Objects) -> None:
    """A confined process may open the file that it was given, and no other in its place."""
    first = await add(objects, b"a face")
    given = objects.path(first).stat().st_ino
    assert objects.path(await add(objects, b"a face")).stat().st_ino == given


async def test_a_file_that_was_cut_short_is_made_whole_by_the_same_bytes(objects: Objects) -> None:
    first = await add(objects, b"a face")
    objects.path(first).write_bytes(b"a f")
    await add(objects, b"a face")
    assert objects.path(first).read_bytes() == b"a face"


async def test_the_same_bytes_at_the_same_moment_are_one_object(objects: Objects, root: Path) -> None:
    kept = await asyncio.gather(*(add(objects, b"a face") for _ in range(8)))
    assert len({row.sha for row in kept}) == 1
    assert files(root) == [objects.path(kept[0])]


async def test_a_file_from_another_file_system_is_moved_too(
    objects: Objects, root: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    source = tmp_path / "file"
    source.write_bytes(b"a face")
    replace = Path.replace

    def only_inside(self: Path, target: Path) -> Path:
        if self == source:
            raise OSError(errno.EXDEV, "Invalid cross-device link")
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", only_inside)
    kept = await objects.add(source, extension="jpg", kind="portrait")
    assert files(root) == [objects.path(kept)]
    assert objects.path(kept).read_bytes() == b"a face"
    assert not source.exists()


async def test_removed_it_is_gone_and_removing_it_again_is_no_error(objects: Objects, root: Path) -> None:
    kept = await add(objects, b"a face")
    other = await add(objects, b"another face")
    await objects.remove(kept.sha)
    await objects.remove(kept.sha)
    assert await objects.get(kept.sha) is None
    assert files(root) == [objects.path(other)]


async def test_what_nobody_needs_goes_and_what_a_draft_or_a_render_needs_stays(
    objects: Objects, database: AsyncEngine, root: Path
) -> None:
    kinds = ("drafted", "portrait", "voice", "video", "ended", "unused", "fresh")
    kept = {kind: await add(objects, kind.encode(), kind="video") for kind in kinds}
    await write_draft(database, DraftKey(1, 1), portrait_sha=kept["drafted"].sha)
    asked: dict[str, Any] = {"user_id": 1, "thread_id": 0, "voice_message_id": 1, "ratio": "1:1", "style": "normal"}
    open_one, _ = await create_render(
        database, "a", chat_id=1, portrait_sha=kept["portrait"].sha, voice_sha=kept["voice"].sha, **asked
    )
    await update_render(database, open_one.id, video_sha=kept["video"].sha)
    ended, _ = await create_render(
        database, "b", chat_id=1, portrait_sha=kept["ended"].sha, voice_sha=kept["ended"].sha, **asked
    )
    await end_render(database, ended.id, Stage.DELIVERED)
    for kind in kinds[:-1]:
        await age(database, kept[kind].sha)

    assert await objects.remove_unused(time.time() - 60) == 1
    assert files(root) == sorted(objects.path(kept[kind]) for kind in kinds if kind != "unused")
    await forget_old_renders(database, time.time() + 1)
    assert await objects.remove_unused(time.time() - 60) == 1
    assert not objects.path(kept["ended"]).exists()
    assert await objects.get(kept["unused"].sha) is None


async def test_files_without_a_row_go_after_an_hour(objects: Objects, root: Path) -> None:
    kept = await add(objects, b"a face")
    (root / "ab").mkdir(exist_ok=True)
    old, young = root / "ab" / f"{'c' * 62}.mp4", root / "ab" / f"{'d' * 62}.mp4"
    for path in (old, young):
        path.write_bytes(b"left over")
    for path in (old, objects.path(kept)):
        os.utime(path, (LONG_AGO, LONG_AGO))
    await objects.remove_unused(LONG_AGO)
    assert files(root) == sorted([young, objects.path(kept)])


async def test_added_while_it_is_being_removed_it_stays_whole(
    objects: Objects, database: AsyncEngine, root: Path
) -> None:
    for content in (b"%d" % number for number in range(20)):
        kept = await add(objects, content)
        await age(database, kept.sha)
        await asyncio.gather(objects.remove_unused(LONG_AGO + 1), add(objects, content))
        after = await objects.get(kept.sha)
        assert after is None or objects.path(after).read_bytes() == content
    assert len(files(root)) == len([kept for kept in files(root) if await objects.get(kept.parent.name + kept.stem)])


KILLED = """
import asyncio, os, signal, sys
from pathlib import Path
import storage.folder
from storage.database import open_database
from storage.objects import Objects

put = storage.folder.put
def put_and_die(source, target):
    put(source, target)
    os.kill(os.getpid(), signal.SIGKILL)

async def main():
    objects = Objects(Path(sys.argv[2]), open_database(sys.argv[1]))
    storage.folder.put = put_and_die
    with objects.scratch() as folder:
        (folder / "file").write_bytes(b"a face")
        (folder / "more").write_bytes(b"left over")
        await objects.add(folder / "file", extension="jpg", kind="portrait")

asyncio.run(main())
"""


async def test_killed_while_adding_it_leaves_a_file_that_does_no_harm(
    objects: Objects, database: AsyncEngine, root: Path, migrated_url: str
) -> None:
    child = await asyncio.create_subprocess_exec(sys.executable, "-c", KILLED, migrated_url, str(root), cwd=ROOT)
    assert await child.wait() == -signal.SIGKILL
    sha = hashlib.sha256(b"a face").hexdigest()
    assert await objects.get(sha) is None
    assert files(root) == [objects.place(sha, "jpg")]
    assert len(list((root / "scratch").iterdir())) == 1

    with objects.scratch() as alive:
        Objects(root, database)  # what a start does
        assert list((root / "scratch").iterdir()) == [alive]
    kept = await add(objects, b"a face")
    assert objects.path(kept).read_bytes() == b"a face"


async def test_two_processes_share_the_store(objects: Objects, root: Path, migrated_url: str) -> None:
    database = open_database(migrated_url)
    other = Objects(root, database)
    with objects.scratch() as folder, other.scratch() as theirs:
        assert folder != theirs
        assert folder.exists()
    kept = await add(other, b"a face")
    assert await objects.get(kept.sha) == kept
    await objects.remove(kept.sha)
    assert await other.get(kept.sha) is None
    await database.dispose()


async def test_scratch_goes_whatever_happens_in_it(objects: Objects, root: Path) -> None:
    def fail() -> None:
        with objects.scratch() as folder:
            (folder / "deep").mkdir()
            (folder / "deep" / "file").touch()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert list((root / "scratch").iterdir()) == []


async def test_a_disk_that_fills_up_in_scratch_is_said(objects: Objects, root: Path) -> None:
    def fill() -> None:
        with objects.scratch(), Path("/dev/full").open("wb", buffering=0) as full:
            full.write(b"x")

    with pytest.raises(StorageFull, match="no room left on the disk"):
        fill()
    assert list((root / "scratch").iterdir()) == []


async def test_a_disk_that_fills_up_while_adding_keeps_nothing(
    objects: Objects, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StorageFull):
        await add(objects, b"a face")
    monkeypatch.undo()
    assert await objects.get(hashlib.sha256(b"a face").hexdigest()) is None
    assert files(root) == []


async def test_a_full_database_is_a_full_disk(tmp_path: Path, root: Path) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path}/small.db"
    database = open_database(url)
    await migrate(database)
    sa.event.listen(
        database.sync_engine, "connect", lambda connection, _: connection.cursor().execute("PRAGMA max_page_count=1")
    )
    await database.dispose()
    objects = Objects(root, database)

    async def fill() -> None:
        for number in range(200):
            await add(objects, b"%d" % number)

    with pytest.raises(StorageFull):
        await fill()
    await database.dispose()


async def test_other_errors_keep_their_name(objects: Objects, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        await objects.add(tmp_path / "not there", extension="jpg", kind="portrait")
