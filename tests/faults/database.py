"""The bot's database, as a run looks into it from outside: SQLite in its folder, or a PostgreSQL of the run alone."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import sqlalchemy as sa

from tests.postgresql import Cluster

TRIES, PAUSE = 60, 0.5


class Database:
    """Where the rows are.

    Args:
        folder: of the bot's data.
        server: a PostgreSQL that they are on instead.
    """

    def __init__(self, folder: Path, server: Cluster | None = None) -> None:
        self.server = server
        self.url = server.url if server else f"sqlite+aiosqlite:///{folder / 'emobot.db'}"

    @property
    def setting(self) -> dict[str, str]:
        """What the bot is told of it."""
        return {"DATABASE_URL": self.server.url} if self.server else {}

    def read(self, query: str) -> Sequence[sa.RowMapping]:
        """Return the rows of a query."""
        engine = sa.create_engine(self.url.replace("+aiosqlite", ""), poolclass=sa.NullPool)
        with engine.connect() as connection:
            return connection.execute(sa.text(query)).mappings().all()

    async def read_when_there(self, query: str) -> Sequence[sa.RowMapping]:
        """Return the rows of a query, once the server is there; none where the bot died before it made its tables."""
        for _ in range(TRIES):
            try:
                return await asyncio.to_thread(self.read, query)
            except sa.exc.ProgrammingError:
                return []
            except sa.exc.OperationalError:
                if self.server is None:
                    return []
            await asyncio.sleep(PAUSE)
        raise AssertionError("the server does not come back")
