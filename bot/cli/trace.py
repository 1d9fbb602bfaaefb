"""`emobot trace ID`: what happened to one render, in plain words."""

import asyncio

import sqlalchemy as sa

from bot.errors import OperatorError
from bot.settings import Settings
from handlers.admin.trace import trace
from storage.database import open_database


def tell_trace(settings: Settings, render_id: str) -> str:
    """Return what happened to a render, a line each.

    Raises:
        OperatorError: it is not known, or the database cannot be read.
    """
    return asyncio.run(_trace(settings, render_id))


async def _trace(settings: Settings, render_id: str) -> str:
    database = open_database(settings.database_url)
    try:
        lines = await trace(database, render_id, settings.timezone)
    except sa.exc.DBAPIError as error:
        raise OperatorError(f"the database cannot be read: {str(error.orig).strip()}") from error
    finally:
        await database.dispose()
    if not lines:
        raise OperatorError(f"there is no video {render_id}, or it is forgotten by now; the log has ids as `render`")
    return "\n".join(lines) + "\n"
