"""A backup is one moment of a bot, whole or refused; what is restored is doubted, whatever version wrote it."""

import json
import random
import shutil
import sqlite3
import tarfile
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from sqlalchemy.ext.asyncio import AsyncEngine

import storage.backup
from storage.backup import MANIFEST, BadBackup, read_manifest, unpack, write_backup
from storage.database import open_database
from storage.drafts import DraftKey
from storage.duets import begin_duet, open_duets, update_duet
from storage.inbox import take_left, write_updates
from storage.objects import Object, Objects
from storage.renders import DUET, Stage, create_render, end_render, find_render, read_render, update_render
from storage.restored import UNASKED, note_asked, note_restored, restored_from
from storage.tasks import write_intent
from storage.upgrade import MIGRATIONS, migrate

COLUMNS: dict[str, Any] = {
    **{"chat_id": 1, "user_id": 5, "thread_id": 0, "voice_message_id": 3, "portrait_sha": "p", "voice_sha": "v"},
    **{"ratio": "1:1", "style": "normal"},
}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "link-secrets").write_text("kid:" + "s" * 64)
    (folder / "lock").touch()
    (folder / "workflows.db").write_text("not saved")
    return folder


@pytest.fixture
async def bot(data: Path, migrated_file: Path) -> AsyncIterator[AsyncEngine]:
    """The database of a bot, which may go on while it is copied."""
    shutil.copy(migrated_file, data / "emobot.db")
    database = open_database(f"sqlite+aiosqlite:///{data / 'emobot.db'}")
    yield database
    await database.dispose()


async def keep(bot: AsyncEngine, data: Path, *contents: bytes) -> list[Object]:
    store, kept = Objects(data / "objects", bot), []
    for content in contents:
        with store.scratch() as folder:
            (folder / "file").write_bytes(content)
            kept.append(await store.add(folder / "file", extension="jpg", kind="portrait"))
    return kept


def restored(backup: Path, folder: Path) -> Path:
    folder.mkdir()
    unpack(backup, folder)
    return folder


async def test_what_comes_back_is_what_was_there_at_that_moment(bot: AsyncEngine, data: Path, tmp_path: Path) -> None:
    kept = await keep(bot, data, b"one", b"two")
    render, _ = await create_render(bot, "before", **COLUMNS)
    backup = tmp_path / "backup"
    manifest = write_backup(backup, data, data / "emobot.db")
    await create_render(bot, "after", **COLUMNS)
    assert (manifest.objects, backup.stat().st_mode & 0o777) == (2, 0o600)
    assert read_manifest(backup) == manifest
    folder = restored(backup, tmp_path / "new")
    assert sorted(path.name for path in folder.iterdir()) == ["emobot.db", "link-secrets", "objects", "restored"]
    assert {path.stat().st_mode & 0o077 for path in folder.rglob("*") if path.is_file()} == {0}
    database = open_database(f"sqlite+aiosqlite:///{folder / 'emobot.db'}")
    found = await read_render(database, render.id)
    assert found is not None
    assert await find_render(database, "after") is None
    store = Objects(folder / "objects", database)
    assert [store.path(each).read_bytes() for each in kept] == [b"one", b"two"]
    await database.dispose()


async def test_a_file_that_goes_while_it_is_copied_does_not_come_back(
    bot: AsyncEngine, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone, stays = await keep(bot, data, b"somebody wants this forgotten", b"stays")
    copy = storage.backup._copy_sqlite

    def copy_and_forget(source: Path, target: Path) -> None:
        copy(source, target)
        Objects(data / "objects", bot).path(gone).unlink()

    monkeypatch.setattr(storage.backup, "_copy_sqlite", copy_and_forget)
    write_backup(tmp_path / "backup", data, data / "emobot.db")
    folder = restored(tmp_path / "backup", tmp_path / "new")
    with closing(sqlite3.connect(folder / "emobot.db")) as database:
        assert database.execute("SELECT sha FROM objects").fetchall() == [(stays.sha,)]


async def test_a_backup_overwrites_nothing(bot: AsyncEngine, data: Path, tmp_path: Path) -> None:
    (tmp_path / "backup").write_text("the only one")
    with pytest.raises(FileExistsError):
        write_backup(tmp_path / "backup", data, data / "emobot.db")
    assert (tmp_path / "backup").read_text() == "the only one"


async def test_a_damaged_backup_is_refused_and_leaves_nothing(bot: AsyncEngine, data: Path, tmp_path: Path) -> None:
    await keep(bot, data, *(bytes([number]) * 700 for number in range(20)))
    backup, folder, dice = tmp_path / "backup", tmp_path / "new", random.Random(5)
    write_backup(backup, data, data / "emobot.db")
    whole = backup.read_bytes()
    with tarfile.open(backup) as tar:
        *before, last = tar.getmembers()
        spans = [(each.offset_data, each.size) for each in before if not each.name.startswith("kept")]
    folder.mkdir()
    cuts = [dice.randrange(last.offset_data) for _ in range(15)]
    flips = [start + dice.randrange(size) for start, size in dice.sample(spans, 15)]
    damaged = [whole[:cut] for cut in cuts]
    damaged += [whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :] for place in flips]
    for content in (*damaged, b"", b"PK\x03\x04 something else", dice.randbytes(20_000)):
        backup.write_bytes(content)
        with pytest.raises(BadBackup, match="backup"):
            unpack(backup, folder)
        assert list(folder.iterdir()) == []


FOREIGN = ("../outside", "/etc/cron.d/x", "objects/aa/../../x", "kept/../x", "kept/.env", "other")


@pytest.mark.parametrize("name", FOREIGN)
async def test_a_name_that_is_none_of_ours_is_refused(name: str, bot: AsyncEngine, data: Path, tmp_path: Path) -> None:
    write_backup(tmp_path / "backup", data, data / "emobot.db")
    with tarfile.open(tmp_path / "backup") as tar, tarfile.open(tmp_path / "foreign", "w") as foreign:
        for member in tar.getmembers():
            if member.name == MANIFEST:
                foreign.addfile(tarfile.TarInfo(name))
            foreign.addfile(member, tar.extractfile(member))
    (tmp_path / "new").mkdir()
    with pytest.raises(BadBackup, match="no backup of emobot"):
        unpack(tmp_path / "foreign", tmp_path / "new")
    assert list((tmp_path / "new").iterdir()) == []


def test_a_link_in_place_of_a_file_is_refused(tmp_path: Path) -> None:
    link, manifest = tarfile.TarInfo("kept/link-secrets"), tarfile.TarInfo(MANIFEST)
    link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
    said = tmp_path / "said"
    said.write_text(json.dumps({"format": 1, "made_at": 1.0, "database": None, "objects": 0}))
    manifest.size = said.stat().st_size
    with tarfile.open(tmp_path / "foreign", "w") as foreign, said.open("rb") as file:
        foreign.addfile(link)
        foreign.addfile(manifest, file)
    (tmp_path / "new").mkdir()
    with pytest.raises(BadBackup):
        unpack(tmp_path / "foreign", tmp_path / "new")


async def test_a_backup_of_an_older_version_is_migrated_and_doubted_at_the_next_start(
    data: Path, tmp_path: Path
) -> None:
    old = open_database(f"sqlite+aiosqlite:///{data / 'emobot.db'}")

    def upgrade(connection: sa.Connection) -> None:
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        config.attributes["connection"] = connection
        command.upgrade(config, "0006")

    async with old.begin() as connection:
        await connection.run_sync(upgrade)
        names, values = ", ".join(COLUMNS), ", ".join(f":{name}" for name in COLUMNS)
        query = f"INSERT INTO renders (id, origin, stage, created_at, {names}) VALUES ('r', 'r', 'queued', 1, {values})"
        await connection.execute(sa.text(query), COLUMNS)
    await old.dispose()
    write_backup(tmp_path / "backup", data, data / "emobot.db")
    folder = restored(tmp_path / "backup", tmp_path / "new")
    database = open_database(f"sqlite+aiosqlite:///{folder / 'emobot.db'}")
    await migrate(database)
    await note_restored(folder, database)
    found = await read_render(database, "r")
    assert found is not None
    assert (found.restored_at is not None, found.stage) == (True, Stage.PREPARING)
    await database.dispose()


async def test_what_was_open_is_doubted_once_and_what_had_ended_is_not(database: AsyncEngine, tmp_path: Path) -> None:
    (tmp_path / "restored").write_text('{"made_at": 50.0}')
    ended, _ = await create_render(database, "ended", **COLUMNS)
    await end_render(database, ended.id, Stage.DELIVERED)
    waiting, _ = await create_render(database, "waiting", **COLUMNS)
    sending, _ = await create_render(database, "sending", **COLUMNS)
    await update_render(database, sending.id, stage=Stage.DELIVERING)
    update = {"update_id": 9, "message": {"text": "/help"}}
    await write_updates(database, [update])
    assert await note_restored(tmp_path, database) == [update]
    assert await take_left(database, "next") == []
    stages = {}
    for render in (ended, waiting, sending):
        now = await read_render(database, render.id)
        assert now is not None
        stages[now.origin] = (now.stage, now.restored_at is not None)
    assert stages == {
        "ended": (Stage.DELIVERED, False),
        "waiting": (Stage.PREPARING, True),
        "sending": (Stage.DELIVERING, True),
    }
    assert await note_restored(tmp_path, database) == []
    assert restored_from(tmp_path, UNASKED) == 50.0
    note_asked(tmp_path)
    assert not list(tmp_path.glob("restored*"))


async def test_a_restored_render_orders_nothing(database: AsyncEngine, tmp_path: Path) -> None:
    (tmp_path / "restored").touch()  # as an operator does it who restores a PostgreSQL alone
    render, _ = await create_render(database, "waiting", **COLUMNS)
    await note_restored(tmp_path, database)
    order = {"part": 1, "attempt": 1, "account": "a", "engine": "emo", "model": "emo-v1", "second_price": "0.08"}
    assert await write_intent(database, render.id, **order) is None
    await update_render(database, render.id, restored_at=None)
    assert await write_intent(database, render.id, **order) is not None


async def test_the_halves_of_a_duet_that_was_to_be_sent_are_doubted(database: AsyncEngine, tmp_path: Path) -> None:
    (tmp_path / "restored").touch()
    faces = {"first_portrait_sha": "a", "second_portrait_sha": "b", "first_name": "A", "second_name": "B"}
    await begin_duet(database, DraftKey(1, 5, 0), **faces, first_voice_sha="v", language="en")
    async with database.connect() as connection:
        duet = (await connection.execute(sa.text("SELECT id FROM duets"))).scalar_one()
    await update_duet(database, duet, second_voice_sha="w")
    assert await open_duets(database) == [duet]
    half, _ = await create_render(database, f"{DUET}{duet}:1", **COLUMNS)
    await end_render(database, half.id, Stage.DELIVERED)
    await note_restored(tmp_path, database)
    now = await read_render(database, half.id)
    assert now is not None
    assert now.restored_at is not None
