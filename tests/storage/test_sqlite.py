"""A crowd is at the one SQLite file: statements go to its thread once, and what is cancelled leaves nothing open."""

import asyncio
import sqlite3
import threading
from contextlib import closing
from pathlib import Path
from typing import Any

import aiosqlite
import pytest
import sqlalchemy as sa

from storage.database import open_database
from storage.sqlite import Connection, write_in_one_turn
from storage.tables import metadata
from storage.upgrade import migrate

ROW = "INSERT INTO inbox (update_id, body, received_at) VALUES (1, '{}', 0)"


async def test_a_statement_goes_to_the_thread_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    database = open_database(f"sqlite+aiosqlite:///{tmp_path}/bot.db")
    await migrate(database)
    went: list[Any] = []
    execute = aiosqlite.Connection._execute

    async def counted(self: aiosqlite.Connection, *what: Any) -> Any:
        went.append(what)
        return await execute(self, *what)

    monkeypatch.setattr(aiosqlite.Connection, "_execute", counted)
    async with database.begin() as connection:
        await connection.execute(sa.text(ROW))
    assert len(went) == 2  # the statement, and the commit
    async with database.connect() as connection:
        assert (await connection.execute(sa.text("SELECT count(*) FROM inbox"))).scalar_one() == 1
    assert len(went) == 3
    await database.dispose()


async def test_a_statement_that_was_cancelled_before_it_began_leaves_no_transaction(tmp_path: Path) -> None:
    held = threading.Event()
    connection = Connection(lambda: sqlite3.connect(tmp_path / "some.db"), iter_chunk_size=64)
    await connection
    await connection.cursor().execute("CREATE TABLE words (word TEXT)")
    busy = asyncio.create_task(connection.run(lambda _: held.wait(10)))
    written = asyncio.create_task(connection.cursor().execute("INSERT INTO words VALUES ('late')"))
    await asyncio.sleep(0)
    written.cancel()
    held.set()
    await busy
    await connection.rollback()
    cursor = connection.cursor()
    await cursor.execute("SELECT * FROM words")
    assert await cursor.fetchall() == []
    assert not connection.in_transaction
    await connection.close()


async def test_a_write_that_is_cancelled_while_the_file_is_held_holds_up_nobody(tmp_path: Path) -> None:
    database = open_database(f"sqlite+aiosqlite:///{tmp_path}/bot.db")
    await migrate(database)
    holder = sqlite3.connect(tmp_path / "bot.db", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")

    async def write() -> None:
        async with database.begin() as connection:
            await connection.execute(sa.text(ROW))

    given_up = asyncio.create_task(write())
    done, _ = await asyncio.wait({given_up}, timeout=0.1)
    assert not done
    given_up.cancel()
    holder.execute("ROLLBACK")
    holder.close()
    await asyncio.gather(given_up, return_exceptions=True)
    async with asyncio.timeout(10):
        async with database.begin() as connection:
            await connection.execute(sa.text(ROW.replace("1", "2")))
    async with database.connect() as connection:
        assert 2 in (await connection.execute(sa.text("SELECT update_id FROM inbox"))).scalars().all()
    await database.dispose()


NEW = sa.insert(metadata.tables["inbox"])


async def test_what_is_written_in_one_turn_is_there_before_the_loop_comes_round(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = open_database(f"sqlite+aiosqlite:///{tmp_path}/bot.db")
    await migrate(database)
    turns: list[str] = []
    commit = Connection.commit

    async def noted(self: Connection) -> None:
        asyncio.get_running_loop().call_soon(turns.append, "another turn")
        await commit(self)

    monkeypatch.setattr(Connection, "commit", noted)
    await write_in_one_turn(database, NEW, {"update_id": 1, "body": "{}", "received_at": 0.0})
    assert turns == []
    with closing(sqlite3.connect(tmp_path / "bot.db")) as other:
        assert other.execute("SELECT count(*) FROM inbox").fetchone() == (1,)
    async with database.begin() as connection:
        await connection.execute(sa.text("DELETE FROM inbox"))
    assert len(turns) == 2, "a transaction like all others has a turn while it is committed"
    await database.dispose()


async def test_what_fails_in_one_turn_leaves_no_transaction_and_holds_up_nobody(tmp_path: Path) -> None:
    database = open_database(f"sqlite+aiosqlite:///{tmp_path}/bot.db")
    await migrate(database)
    await write_in_one_turn(database, NEW, {"update_id": 1, "body": "{}", "received_at": 0.0})
    with pytest.raises(sa.exc.IntegrityError):
        await write_in_one_turn(database, NEW, {"update_id": 1, "body": "{}", "received_at": 0.0})
    await write_in_one_turn(database, NEW, {"update_id": 2, "body": "{}", "received_at": 0.0})
    async with database.begin() as connection:
        assert (await connection.execute(sa.text("SELECT count(*) FROM inbox"))).scalar_one() == 2
    await database.dispose()
