"""A fresh database for each test: SQLite, and PostgreSQL as well where TEST_POSTGRES_URL names a server."""

import os
import secrets
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from storage.database import open_database
from storage.upgrade import migrate

POSTGRES_URL = os.environ.get("TEST_POSTGRES_URL")

no_postgres = pytest.mark.skipif(
    not POSTGRES_URL, reason="PostgreSQL is not tried: set TEST_POSTGRES_URL=postgresql+psycopg://user@127.0.0.1/name"
)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=no_postgres)])
async def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[str]:
    if request.param == "sqlite":
        yield f"sqlite+aiosqlite:///{tmp_path}/bot.db"
        return
    schema = f"test_{secrets.token_hex(6)}"
    assert POSTGRES_URL is not None
    server = open_database(POSTGRES_URL)
    async with server.begin() as connection:
        await connection.execute(sa.text(f"CREATE SCHEMA {schema}"))
    try:
        in_schema = sa.make_url(POSTGRES_URL).update_query_dict({"options": f"-csearch_path={schema}"})
        yield in_schema.render_as_string(hide_password=False)
    finally:
        async with server.begin() as connection:
            await connection.execute(sa.text(f"DROP SCHEMA {schema} CASCADE"))
        await server.dispose()


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[AsyncEngine]:
    database = open_database(database_url)
    await migrate(database)
    yield database
    await database.dispose()
