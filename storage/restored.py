"""A bot that came back with a backup: what was open then may have ended since, and nobody here knows.

The mark in DATA_DIR stays until it is noted in the rows; then it is renamed, until the service was asked as well.
"""

import json
from pathlib import Path

import sqlalchemy as sa
import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from storage.backup import MARK
from storage.business import UNKNOWN
from storage.clock import unix_now
from storage.inbox import Body
from storage.queue import NOT_BEGUN
from storage.renders import DUET, Stage
from storage.tables import business_answers as answers
from storage.tables import duets, inbox, renders

log = structlog.get_logger(__name__)

UNASKED = f"{MARK}.unasked"
"""The mark's name while the service is still to be asked which tasks it has that are not known here."""


def restored_from(data_dir: Path, name: str = MARK) -> float | None:
    """Return the Unix time of the backup that a folder was restored from, where that is still to be noted.

    An empty mark, as of an operator who has restored a PostgreSQL alone, means a day ago.
    """
    try:
        text = (data_dir / name).read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    try:
        return float(json.loads(text)["made_at"])
    except (ValueError, TypeError, KeyError):
        return unix_now() - 24 * 3600


async def note_restored(data_dir: Path, database: AsyncEngine) -> list[Body]:
    """Note in the rows what a restored folder is in doubt about; return the updates that may be unanswered."""
    if restored_from(data_dir) is None:
        return []
    bodies = await doubt_what_was_open(database)
    (data_dir / MARK).replace(data_dir / UNASKED)
    log.warning("this bot came back with a backup: people are asked about what was open when it was made")
    return bodies


def note_asked(data_dir: Path) -> None:
    """Note that the service was asked."""
    (data_dir / UNASKED).unlink(missing_ok=True)


async def doubt_what_was_open(database: AsyncEngine) -> list[Body]:
    """Mark what was open as of unknown fate; return the updates whose senders may still wait for an answer.

    A render that only waited has its turn at once: it is to be asked about, and orders nothing.
    """
    now = unix_now()
    async with database.begin() as connection:
        whole = sa.select(duets.c.id).where(duets.c.second_voice_sha.is_not(None), duets.c.ended_at.is_(None))
        ids = (await connection.execute(whole)).scalars().all()
        halves = renders.c.origin.in_([f"{DUET}{duet}:{number}" for duet in ids for number in (1, 2)])
        doubted = sa.update(renders).where(sa.or_(renders.c.ended_at.is_(None), halves))
        await connection.execute(doubted.values(restored_at=now))
        waiting = sa.update(renders).where(renders.c.ended_at.is_(None), renders.c.stage.in_(NOT_BEGUN))
        await connection.execute(waiting.values(stage=Stage.PREPARING))
        unsent = answers.c.voice_message_id.is_not(None), answers.c.sent_message_id.is_(None)
        await connection.execute(sa.update(answers).where(*unsent).values(sent_message_id=UNKNOWN))
        undone = sa.select(inbox.c.body).where(inbox.c.done_at.is_(None)).order_by(inbox.c.update_id)
        bodies = [json.loads(body) for body in (await connection.execute(undone)).scalars()]
        await connection.execute(
            sa.update(inbox).where(inbox.c.done_at.is_(None)).values(body=None, turn=None, done_at=now)
        )
    return bodies
