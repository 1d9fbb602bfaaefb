"""An operator starts the bot on a database that is fine, and on some that are not."""

import asyncio
import sqlite3
import subprocess
import sys
import threading
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy.ext.asyncio import AsyncEngine

import storage.sqlite
from storage.database import DatabaseError, DatabaseTooNew, open_database
from storage.passing import cause_of
from storage.tables import metadata
from storage.upgrade import migrate

ROOT = Path(__file__).parents[2]


@pytest.fixture
def database(fresh_database: AsyncEngine) -> AsyncEngine:
    """One whose tables are changed."""
    return fresh_database


async def refusal(url: str) -> DatabaseError:
    database = open_database(url)
    with pytest.raises(DatabaseError) as refused:
        await migrate(database)
    await database.dispose()
    for thread in threading.enumerate():  # aiosqlite does not wait for the thread of a connection that never opened
        if "_connection_worker_thread" in thread.name:
            await asyncio.to_thread(thread.join)
    return refused.value


async def test_migrations_make_exactly_the_tables(database: AsyncEngine) -> None:
    def differences(connection: sa.Connection) -> Any:
        return compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), metadata)

    async with database.connect() as connection:
        assert await connection.run_sync(differences) == []


async def test_starting_again_changes_nothing(database: AsyncEngine) -> None:
    async with database.begin() as connection:
        await connection.execute(sa.text("INSERT INTO inbox (update_id, body, received_at) VALUES (1, '{}', 0)"))
    await migrate(database)
    async with database.connect() as connection:
        assert (await connection.execute(sa.text("SELECT count(*) FROM inbox"))).scalar_one() == 1


async def test_a_newer_database_is_left_alone(database: AsyncEngine) -> None:
    async with database.begin() as connection:
        await connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
        await connection.execute(sa.text("UPDATE compatibility SET oldest = '9999'"))
    with pytest.raises(DatabaseTooNew, match="install that version"):
        await migrate(database)
    async with database.connect() as connection:
        assert (await connection.execute(sa.text("SELECT version_num FROM alembic_version"))).scalar_one() == "9999"


async def test_a_locked_database_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storage.sqlite, "BUSY_SECONDS", 0.1)
    holder = sqlite3.connect(tmp_path / "bot.db", isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    refused = await refusal(f"sqlite+aiosqlite:///{tmp_path}/bot.db")
    holder.close()
    assert "locked" in str(refused)
    assert "no other program holds it" in str(refused)


async def test_a_lock_that_ends_is_waited_for(tmp_path: Path) -> None:
    database = open_database(f"sqlite+aiosqlite:///{tmp_path}/bot.db")
    await migrate(database)
    holder = sqlite3.connect(tmp_path / "bot.db", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")

    async def write() -> None:
        async with database.begin() as connection:
            await connection.execute(sa.text("INSERT INTO inbox (update_id, body, received_at) VALUES (1, '{}', 0)"))

    writing = asyncio.create_task(write())
    done, _ = await asyncio.wait({writing}, timeout=0.3)
    assert not done
    holder.close()
    await writing
    await database.dispose()


async def test_a_directory_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a directory")
    with pytest.raises(DatabaseError, match="set DATA_DIR"):
        open_database(f"sqlite+aiosqlite:///{tmp_path}/file/bot.db")


async def test_a_path_that_cannot_be_opened_is_named(tmp_path: Path) -> None:
    (tmp_path / "bot.db").mkdir()
    assert "DATA_DIR is right" in str(await refusal(f"sqlite+aiosqlite:///{tmp_path}/bot.db"))


async def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "bot.db").write_bytes(b"this is no database" * 1000)
    assert "not a database" in str(await refusal(f"sqlite+aiosqlite:///{tmp_path}/bot.db"))


async def test_a_postgresql_server_that_is_not_there_is_named(unused_tcp_port: int) -> None:
    url = f"postgresql+psycopg://nobody:hidden@127.0.0.1:{unused_tcp_port}/bot"
    refused = await refusal(url)
    assert "DATABASE_URL" in str(refused)
    assert "hidden" not in str(refused)


START = """
import asyncio, sys
from storage.database import open_database
from storage.upgrade import migrate
print("ready", flush=True)
sys.stdin.readline()
asyncio.run(migrate(open_database(sys.argv[1])))
"""


def test_processes_may_start_at_once(database_url: str) -> None:
    command = [sys.executable, "-c", START, database_url]
    with ExitStack() as stack:
        starting = [
            stack.enter_context(subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE))
            for _ in range(3)
        ]
        for process in starting:
            assert process.stdout is not None
            assert process.stdout.readline() == b"ready\n"
        for process in starting:
            assert process.stdin is not None
            process.stdin.close()
        assert [process.wait() for process in starting] == [0, 0, 0]


async def test_writers_of_one_process_take_turns_and_who_waits_can_be_sent_away(tmp_path: Path) -> None:
    """SQLite's own waiting is a sleeping thread: nobody keeps its turn, and no cancel reaches it."""
    database = open_database(f"sqlite+aiosqlite:///{tmp_path}/bot.db")
    await migrate(database)
    wrote = []

    async def write(number: int) -> None:
        async with database.begin() as connection:
            await connection.execute(sa.text("INSERT INTO people (user_id) VALUES (:number)"), {"number": number})
            wrote.append(number)

    async with database.begin() as connection:
        await connection.execute(sa.text("INSERT INTO people (user_id) VALUES (1000)"))
        writers = [asyncio.create_task(write(number)) for number in range(100)]
        await asyncio.sleep(0.2)  # they would have begun by now, and sleep
        for writer in writers[::2]:
            writer.cancel()
        async with asyncio.timeout(1):
            await asyncio.gather(*writers[::2], return_exceptions=True)
        assert wrote == []
    async with asyncio.timeout(5):
        await asyncio.gather(*writers[1::2])
    assert wrote == list(range(1, 100, 2))
    await database.dispose()


async def test_the_cause_of_an_error_is_what_the_database_said_and_none_of_what_was_written(
    database: AsyncEngine,
) -> None:
    with pytest.raises(sa.exc.DBAPIError) as broken:
        async with database.connect() as connection:
            await connection.execute(sa.text("SELECT secret FROM nowhere WHERE word = :word"), {"word": "hidden"})
    assert cause_of(broken.value) in ("no such table: nowhere", 'relation "nowhere" does not exist')
    assert cause_of(OSError("first line\nsecond")) == "first line"
    assert cause_of(TimeoutError()) == "TimeoutError"


async def test_a_start_on_the_tables_of_today_loads_nothing_that_migrates(database_url: str) -> None:
    code = """
import asyncio, sys
from storage.database import open_database
from storage.upgrade import migrate
asyncio.run(migrate(open_database(sys.argv[1])))
print("alembic" in sys.modules)
"""
    said = []
    for _ in range(2):
        start = await asyncio.create_subprocess_exec(
            sys.executable, "-c", code, database_url, cwd=ROOT, stdout=subprocess.PIPE
        )
        said.append((await start.communicate())[0].decode().strip())
    assert said == ["True", "False"]
