"""The database: opening it, bringing its tables up to date, and saying plainly why that cannot be.

DatabaseError           the operator must act; the text says what to do
└── DatabaseTooNew      written by a newer version of this bot
"""

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.util.exc import CommandError
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

MIGRATIONS = Path(__file__).parent / "migrations"
BUSY_SECONDS = 15
WAL_TRIES = 20
USER_LOCK = 0x656D6F75
PASSING = (sa.exc.OperationalError, sa.exc.InterfaceError, sa.exc.TimeoutError)
"""What a database raises that is locked, restarted or cannot be reached just now."""
MIGRATION_LOCK = 0x656D6F626F74
"""PostgreSQL's advisory lock held while migrating: any number that nobody else takes."""


class DatabaseError(Exception):
    """The database cannot be used as it is; the text says why and what to do."""


class DatabaseTooNew(DatabaseError):
    """The database was written by a newer version of this bot."""


class OneWriter(AsyncEngine):
    """Lets the transactions of a process write one after the other, in the order in which they came.

    SQLite lets one write at a time, too, but who waits there sleeps and looks again, up to ten times a second: among
    hundreds, the one whose turn it should be waits for seconds, in a thread that no cancel ends.
    """

    def __init__(self, sync_engine: sa.Engine) -> None:
        super().__init__(sync_engine)
        self._writing = asyncio.Lock()

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[AsyncConnection]:
        """Begin a transaction when it is its turn."""
        async with self._writing, super().begin() as connection:
            yield connection


def open_engine(url: str) -> AsyncEngine:
    """Open a pool of connections to `sqlite+aiosqlite:///…` or `postgresql+psycopg://…`.

    SQLite runs in WAL mode; a write waits up to 15 s for another one to end. Errors do not show what was written:
    a row holds links and people's words.

    Raises:
        DatabaseError: the directory of the SQLite file cannot be made.
    """
    if not url.startswith("sqlite"):
        return create_async_engine(url, pool_pre_ping=True, hide_parameters=True)
    folder = Path(sa.make_url(url).database or "").parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DatabaseError(f"{folder} cannot be made ({error.strerror}); set DATA_DIR to one that can") from error
    connect_args = {"isolation_level": "IMMEDIATE", "timeout": BUSY_SECONDS}
    engine = create_async_engine(url, connect_args=connect_args, hide_parameters=True)
    sa.event.listen(engine.sync_engine, "connect", tune_sqlite)
    return OneWriter(engine.sync_engine)


def tune_sqlite(connection: sa.engine.interfaces.DBAPIConnection, _record: object) -> None:
    """Set the pragmas of one new SQLite connection; one that cannot be used is closed, or its thread would stay."""
    try:
        cursor = connection.cursor()
        for pragma in (f"busy_timeout={BUSY_SECONDS * 1000}", "synchronous=NORMAL", "secure_delete=ON"):
            cursor.execute(f"PRAGMA {pragma}")
        _journal_ahead(cursor)
        cursor.close()
    except Exception:
        connection.close()
        raise


def _journal_ahead(cursor: sa.engine.interfaces.DBAPICursor) -> None:
    """Switch to WAL; two who do that at once to a new file find it locked whatever the timeout, so each tries again."""
    for _ in range(WAL_TRIES):
        try:
            cursor.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError:
            time.sleep(0.05)
        else:
            return
    cursor.execute("PRAGMA journal_mode=WAL")


async def migrate(engine: AsyncEngine) -> None:
    """Bring every table up to date.

    Raises:
        DatabaseTooNew: a newer version of this bot wrote it.
        DatabaseError: it is locked, unreachable or damaged.
    """
    try:
        async with engine.begin() as connection:
            await connection.run_sync(_upgrade)
    except CommandError as error:
        raise DatabaseTooNew(
            "the database was written by a newer version of this bot; install that version, or restore a backup"
        ) from error
    except (sa.exc.DBAPIError, OSError) as error:
        detail = str(getattr(error, "orig", None) or error).splitlines()[0]
        raise DatabaseError(
            f"the database cannot be used ({detail}); see that DATABASE_URL or DATA_DIR is right, "
            "that the disk has room, and that no other program holds it"
        ) from error


def _upgrade(connection: sa.Connection) -> None:
    """Run what is missing; processes that start together go through here one by one."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(MIGRATION_LOCK)))
    else:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


@asynccontextmanager
async def only_user(engine: AsyncEngine) -> AsyncIterator[None]:
    """Hold a PostgreSQL database for this process alone; a SQLite file is held by the lock of its directory.

    Two bots on one database would each take up the renders that the other is at.

    Raises:
        DatabaseError: another bot works on it.
    """
    if engine.dialect.name != "postgresql":
        yield
        return
    async with engine.connect() as connection:
        if not (await connection.execute(sa.select(sa.func.pg_try_advisory_lock(USER_LOCK)))).scalar():
            raise DatabaseError("another emobot works on this database: stop it, or set another DATABASE_URL")
        await connection.commit()
        yield


def insert(connection: AsyncConnection, table: sa.Table) -> sqlite.Insert | postgresql.Insert:
    """Begin an INSERT that knows `on_conflict_do_nothing` and `on_conflict_do_update` in this database."""
    return postgresql.insert(table) if connection.dialect.name == "postgresql" else sqlite.insert(table)
