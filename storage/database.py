"""The database: open it, write rows to it, and say plainly why it cannot be used.

DatabaseError           the operator must act; the text says what to do
└── DatabaseTooNew      of a newer version of this bot, see `storage.upgrade`
"""

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from functools import cache
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from storage.postgresql import PostgresEngine, open_postgresql
from storage.sqlite import open_sqlite


class DatabaseError(Exception):
    """The database cannot be used as it is; the text says why and what to do."""


class DatabaseTooNew(DatabaseError):
    """A newer version of this bot has changed its tables, and this one cannot work with them."""


def open_database(url: str, *, patient: bool = False) -> AsyncEngine:
    """Open a pool of connections to `sqlite+aiosqlite:///…` or `postgresql+psycopg://…`.

    Errors do not show what was written: a row holds links and people's words.

    Args:
        patient: wait for a PostgreSQL that is away, see `storage.postgresql`.

    Raises:
        DatabaseError: the directory of the SQLite file cannot be made.
    """
    if not url.startswith("sqlite"):
        return open_postgresql(url, patient=patient)
    folder = Path(sa.make_url(url).database or "").parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DatabaseError(f"{folder} cannot be made ({error.strerror}); set DATA_DIR to one that can") from error
    return open_sqlite(url)


def for_one_statement(database: AsyncEngine) -> AbstractAsyncContextManager[AsyncConnection]:
    """Take a connection for a single statement that writes.

    To PostgreSQL, that is a transaction without a word about it; SQLite must be told of each.
    """
    return database.connect() if isinstance(database, PostgresEngine) else database.begin()


async def take_turn(connection: AsyncConnection, number: int) -> None:
    """Let one transaction after the other go on from here that names the same number, until it ends.

    SQLite's writers take turns anyway.
    """
    if connection.dialect.name == "postgresql":
        await connection.execute(sa.select(sa.func.pg_advisory_xact_lock(number)))


async def add_row(connection: AsyncConnection, table: sa.Table, row: Mapping[str, Any]) -> sa.RowMapping | None:
    """Write a new row; return it, or None where it would break a uniqueness."""
    return (await connection.execute(_add(connection.dialect.name, table), row)).mappings().first()


async def put_row(connection: AsyncConnection, table: sa.Table, row: Mapping[str, Any], *names: str) -> sa.RowMapping:
    """Write a row, or only the named columns where its primary key exists. Return the row as it is then."""
    return (await connection.execute(_put(connection.dialect.name, table, names), row)).mappings().one()


def insert(dialect: str, table: sa.Table) -> sqlite.Insert | postgresql.Insert:
    """Begin an INSERT that knows `on_conflict_do_nothing` and `on_conflict_do_update` in this kind of database."""
    return postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)


@cache
def _add(dialect: str, table: sa.Table) -> sa.Executable:
    return insert(dialect, table).on_conflict_do_nothing().returning(*table.c)


@cache
def _put(dialect: str, table: sa.Table, names: tuple[str, ...]) -> sa.Executable:
    statement = insert(dialect, table)
    changes = {name: statement.excluded[name] for name in names}
    return statement.on_conflict_do_update(index_elements=table.primary_key, set_=changes).returning(*table.c)
