"""A database for each test: SQLite, and PostgreSQL as well where TEST_POSTGRES_URL names a server.

Making the tables takes longer than most tests: a file of SQLite is copied, and in PostgreSQL the tests of a process
have one schema, which is emptied for each.
"""

import asyncio
import os
import secrets
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from storage.database import open_database
from storage.tables import metadata
from storage.upgrade import migrate

POSTGRES_URL = os.environ.get("TEST_POSTGRES_URL")

no_postgres = pytest.mark.skipif(
    not POSTGRES_URL, reason="PostgreSQL is not tried: set TEST_POSTGRES_URL=postgresql+psycopg://user@127.0.0.1/name"
)


EACH_KIND = ["sqlite", pytest.param("postgresql", marks=no_postgres)]
MADE_BY_MIGRATIONS = ("compatibility",)
"""Tables that have a row from the start."""


@asynccontextmanager
async def schema() -> AsyncIterator[str]:
    """The URL of an empty schema in the server of the tests, for the length of the block."""
    assert POSTGRES_URL is not None
    name, server = f"test_{secrets.token_hex(6)}", open_database(POSTGRES_URL)
    async with server.begin() as connection:
        await connection.execute(sa.text(f"CREATE SCHEMA {name}"))
    try:
        inside = sa.make_url(POSTGRES_URL).update_query_dict({"options": f"-csearch_path={name}"})
        yield inside.render_as_string(hide_password=False)
    finally:
        async with server.begin() as connection:
            await connection.execute(sa.text(f"DROP SCHEMA {name} CASCADE"))
        await server.dispose()


@pytest.fixture(params=EACH_KIND)
async def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[str]:
    """A database without tables."""
    if request.param == "sqlite":
        yield f"sqlite+aiosqlite:///{tmp_path}/bot.db"
        return
    async with schema() as url:
        yield url


@pytest.fixture
async def fresh_database(database_url: str) -> AsyncIterator[AsyncEngine]:
    """A database whose tables a test may change."""
    database = open_database(database_url)
    await migrate(database)
    yield database
    await database.dispose()


@pytest.fixture(scope="session")
def schema_of_all() -> Iterator[str]:
    """A schema with tables."""

    async def make() -> None:
        database = open_database(url)
        await migrate(database)
        await database.dispose()

    with asyncio.Runner() as runner:
        opened = schema()
        url = runner.run(opened.__aenter__())
        runner.run(make())
        yield url
        runner.run(opened.__aexit__(None, None, None))


@pytest.fixture(params=EACH_KIND)
def migrated_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database with tables, for a `database` that empties them."""
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("migrated_file"), tmp_path / "bot.db")
        return f"sqlite+aiosqlite:///{tmp_path}/bot.db"
    return str(request.getfixturevalue("schema_of_all"))


@pytest.fixture
async def database(migrated_url: str) -> AsyncIterator[AsyncEngine]:
    """A database with nothing in it; its tables stay as they are."""
    database = open_database(migrated_url)
    if not migrated_url.startswith("sqlite"):
        await empty(database)
    yield database
    await database.dispose()


async def empty(database: AsyncEngine) -> None:
    """Delete every row, and let every number begin at 1 again."""
    async with database.begin() as connection:
        numbers = await connection.execute(
            sa.text("SELECT sequencename FROM pg_sequences WHERE schemaname = current_schema()")
        )
        words = [f'ALTER SEQUENCE "{name}" RESTART' for (name,) in numbers]
        words += [
            f'DELETE FROM "{table.name}"'
            for table in reversed(metadata.sorted_tables)
            if table.name not in MADE_BY_MIGRATIONS
        ]
        await connection.exec_driver_sql("; ".join(["SET LOCAL lock_timeout = '60s'", *words]))
