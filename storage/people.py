"""What is known of a person wherever they are: what they were told."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from storage.database import for_one_statement, put_row
from storage.tables import people


@dataclass(frozen=True)
class PersonPreferences:
    """The row of one person; times in Unix seconds."""

    user_id: int
    told_at: float | None = None


async def write_preferences(database: AsyncEngine, user_id: int, **columns: Any) -> None:
    """Write some of it; the rest stays."""
    async with for_one_statement(database) as connection:
        await put_row(connection, people, {"user_id": user_id, **columns}, *columns)
