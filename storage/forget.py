"""Forgetting: delete every row and file of a person, or of a chat, at once and for good.

Twice is once; if it is cut in the middle, do it again. Two things stay: money (the ledger, without the chat), and a
render that names nobody for each task that the service is still being paid for.
"""

import asyncio
import re
import time
from collections.abc import Iterable
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from storage.links import Links
from storage.objects import MENTIONS, Objects
from storage.renders import FORGOTTEN
from storage.tables import (
    BY_ITSELF,
    CHAT,
    OWNER,
    PERSON,
    columns_naming,
    formats,
    inbox,
    ledger,
    links,
    metadata,
    renders,
    tasks,
    verdicts,
)

CHECKPOINT_TRIES, CHECKPOINT_PAUSE = 20, 0.1


@dataclass(frozen=True)
class Forgotten:
    """How many rows and files went."""

    rows: int
    files: int


async def forget(database: AsyncEngine, store: Objects, link_store: Links, who: int, *, everywhere: bool) -> Forgotten:
    """Forget a person or a chat.

    Args:
        who: the id of a person (whose private chat has the same id), or of a chat.
        everywhere: what the person did in groups too; else only what belongs to the chat of that id.
    """
    shas = await _files_of(database, who, everywhere)
    await _end_links(database, link_store, who, everywhere)
    rows = 0
    async with database.begin() as connection:
        await _let_paid_tasks_end_nameless(connection, who, everywhere)
        gone = sa.select(renders.c.id).where(_mentions(_columns(renders, everywhere), who))
        for table in (formats, tasks):
            await connection.execute(sa.delete(table).where(table.c.render_id.in_(gone)))
        for table in metadata.sorted_tables:
            if table.info != BY_ITSELF and (names := _columns(table, everywhere)):
                rows += (await connection.execute(sa.delete(table).where(_mentions(names, who)))).rowcount
        await connection.execute(sa.update(ledger).where(ledger.c.chat_id == who).values(chat_id=None))
    files = 0
    for sha in shas:
        if not await _is_mentioned(database, sha):
            await store.remove(sha)
            files += 1
            async with database.begin() as connection:
                await connection.execute(sa.delete(verdicts).where(verdicts.c.sha == sha))
                await connection.execute(sa.delete(links).where(links.c.sha == sha))
    await _forget_updates(database, who)
    await wipe(database)
    return Forgotten(rows, files)


async def wipe(database: AsyncEngine) -> None:
    """Empty SQLite's journal, so that it holds no copy of what was deleted; freed pages are overwritten anyway."""
    if database.dialect.name != "sqlite":
        return
    for _ in range(CHECKPOINT_TRIES):
        async with database.connect() as connection:
            busy = (await connection.execute(sa.text("PRAGMA wal_checkpoint(TRUNCATE)"))).first()
        if busy is not None and busy[0] == 0:
            return
        await asyncio.sleep(CHECKPOINT_PAUSE)


def _columns(table: sa.Table, everywhere: bool) -> list[sa.Column[int]]:
    return columns_naming(CHAT, PERSON, OWNER, table=table) if everywhere else columns_naming(CHAT, table=table)


def _mentions(columns: Iterable[sa.Column[int]], who: int) -> sa.ColumnElement[bool]:
    return sa.or_(*(column == who for column in columns))


async def _files_of(database: AsyncEngine, who: int, everywhere: bool) -> set[str]:
    found: set[str] = set()
    async with database.connect() as connection:
        for column in MENTIONS:
            named = _mentions(_columns(column.table, everywhere), who)
            found |= set((await connection.execute(sa.select(column).where(named, column.is_not(None)))).scalars())
    return found


async def _end_links(database: AsyncEngine, link_store: Links, who: int, everywhere: bool) -> None:
    """End the links of these renders."""
    theirs = _mentions(_columns(renders, everywhere), who)
    async with database.connect() as connection:
        query = sa.select(tasks.c.image_link, tasks.c.audio_link).where(tasks.c.render_id == renders.c.id, theirs)
        rows = (await connection.execute(query)).all()
    keys = [key for row in rows for key in row if key]
    if keys:
        await link_store.revoke(*keys)
        async with database.begin() as connection:
            await connection.execute(sa.delete(links).where(links.c.key.in_(keys)))


async def _let_paid_tasks_end_nameless(connection: AsyncConnection, who: int, everywhere: bool) -> None:
    """Keep renders whose task the service has, or may have, to note what they cost; clear whatever names somebody."""
    now = time.time()
    nobody = {"chat_id": 0, "user_id": 0, "thread_id": 0, "voice_message_id": 0, "card_message_id": None}
    nothing = {"portrait_sha": "", "voice_sha": "", "opening": None}
    paid = sa.exists().where(tasks.c.render_id == renders.c.id, tasks.c.ended_at.is_(None))
    await connection.execute(
        sa.update(renders)
        .where(_mentions(_columns(renders, everywhere), who), renders.c.ended_at.is_(None))
        .where(paid, renders.c.video_sha.is_(None))
        .values({**nobody, **nothing, "origin": sa.literal(FORGOTTEN) + renders.c.id, "cancel_asked_at": now})
    )
    nameless = sa.select(renders.c.id).where(renders.c.origin.startswith(FORGOTTEN))
    links_of = sa.update(tasks).where(tasks.c.render_id.in_(nameless))
    await connection.execute(links_of.values(image_link=None, audio_link=None))


async def _is_mentioned(database: AsyncEngine, sha: str) -> bool:
    async with database.connect() as connection:
        anywhere = sa.or_(*(sa.exists().where(column == sha) for column in MENTIONS))
        return bool((await connection.execute(sa.select(anywhere))).scalar())


async def _forget_updates(database: AsyncEngine, who: int) -> None:
    """Delete updates that wait to be handled, and the one that is being handled."""
    number = re.compile(rf"(?<!\d){re.escape(str(who))}(?!\d)")
    async with database.begin() as connection:
        waiting = (await connection.execute(sa.select(inbox).where(inbox.c.body.is_not(None)))).all()
        theirs = [row.update_id for row in waiting if number.search(row.body)]
        gone = sa.update(inbox).where(inbox.c.update_id.in_(theirs)).values(body=None, done_at=time.time())
        await connection.execute(gone)
