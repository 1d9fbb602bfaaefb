"""Forgetting: delete every row and file of a person, or of a chat, at once and for good.

Twice is once; if it is cut in the middle, do it again. Two things stay: money, which names nobody, and a render that
names nobody for each task that the service is still being paid for.
"""

import asyncio
import re
from collections.abc import Callable, Collection
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from storage.clock import unix_now
from storage.database import for_one_statement
from storage.links import Links
from storage.objects import MENTIONS, Objects
from storage.renders import DUET, FORGOTTEN, Render, select_renders
from storage.tables import (
    BY_ITSELF,
    CHAT,
    OWNER,
    PERSON,
    cast,
    columns_naming,
    consents,
    drafts,
    duets,
    formats,
    inbox,
    links,
    metadata,
    renders,
    showings,
    stickers,
    tasks,
    verdicts,
    wishes,
)

CHECKPOINT_TRIES, CHECKPOINT_PAUSE = 20, 0.1


Where = Callable[[sa.Table], sa.ColumnElement[bool] | None]
"""Which rows of a table go; None: none do."""


@dataclass(frozen=True)
class Forgotten:
    """How many rows and files went."""

    rows: int
    files: int


@dataclass(frozen=True)
class Bereft:
    """Somebody who used a face or a voice that was taken back, and where to tell them.

    Args:
        message_id: theirs, to be answered; 0 where there is none.
        language: to be spoken, where it is known.
    """

    chat_id: int
    user_id: int
    thread_id: int
    message_id: int
    language: str | None


async def forget(database: AsyncEngine, store: Objects, link_store: Links, who: int, *, everywhere: bool) -> Forgotten:
    """Forget a person or a chat.

    Args:
        who: the id of a person (whose private chat has the same id), or of a chat.
        everywhere: what the person did in groups too, and what others made of their face and voice; else only what
            belongs to the chat of that id.
    """
    names = (CHAT, PERSON, OWNER) if everywhere else (CHAT,)

    def theirs(table: sa.Table) -> sa.ColumnElement[bool] | None:
        columns = columns_naming(*names, table=table)
        return sa.or_(*(column == who for column in columns)) if columns else None

    asked = sa.exists().where(
        consents.c.chat_id == wishes.c.chat_id, consents.c.question == wishes.c.question, consents.c.owner_id == who
    )
    async with for_one_statement(database) as connection:
        await connection.execute(sa.delete(wishes).where(asked))
    gone = await _delete(database, store, link_store, theirs)
    await _forget_updates(database, who)
    await wipe(database)
    return gone


def of_others(owner_id: int) -> Where:
    """Return which rows hold what others made or keep of somebody's face or voice."""

    def made(table: sa.Table) -> sa.ColumnElement[bool] | None:
        columns = columns_naming(OWNER, table=table)
        if "user_id" not in table.c or not columns:
            return None
        return sa.and_(table.c.user_id != owner_id, sa.or_(*(column == owner_id for column in columns)))

    return made


def same_videos(render: Render) -> Where:
    """Return which rows hold the same video in its chat, however often it was asked for; both halves of a duet."""

    def made(table: sa.Table) -> sa.ColumnElement[bool] | None:
        if table is not renders:
            return None
        same = [renders.c.id == render.id]
        if render.video_sha is not None:
            same.append(renders.c.video_sha == render.video_sha)
        if render.duet_id is not None:
            same.append(renders.c.origin.startswith(f"{DUET}{render.duet_id}:"))
        return sa.and_(renders.c.chat_id == render.chat_id, sa.or_(*same))

    return made


async def take_back(
    database: AsyncEngine, store: Objects, link_store: Links, where: Where, drop: Collection[int] = ()
) -> Forgotten:
    """Delete what others made or keep of a face or a voice, and its files.

    Args:
        where: such as `of_others`.
        drop: owners whose photos and voices leave the drafts of others; the rest of those drafts stays.
    """
    for owner_id in drop:
        await _empty_drafts(database, owner_id)
    gone = await _delete(database, store, link_store, where)
    await wipe(database)
    return gone


async def find_bereft(database: AsyncEngine, where: Where) -> list[Bereft]:
    """Return who loses something, once for each person, chat and topic, with the latest message of theirs."""
    found: dict[tuple[int, int, int], Bereft] = {}
    queries = (
        (cast, sa.literal(0), sa.literal(0), sa.null()),
        (drafts, drafts.c.thread_id, drafts.c.portrait_message_id, sa.null()),
        (duets, duets.c.thread_id, duets.c.first_message_id, duets.c.language),
        (renders, renders.c.thread_id, renders.c.voice_message_id, renders.c.language),
    )
    async with database.connect() as connection:
        for table, *columns in queries:
            if (going := where(table)) is None:
                continue
            query = sa.select(table.c.chat_id, table.c.user_id, *columns).where(going)
            for chat_id, user_id, thread_id, message_id, language in await connection.execute(query):
                found[chat_id, user_id, thread_id] = Bereft(chat_id, user_id, thread_id, message_id or 0, language)
    return list(found.values())


async def renders_where(database: AsyncEngine, where: Where) -> list[Render]:
    """Return the renders that go."""
    condition = where(renders)
    return [] if condition is None else await select_renders(database, condition)


async def _empty_drafts(database: AsyncEngine, owner_id: int) -> None:
    portrait = {"portrait_sha": None, "portrait_file": None, "portrait_owner_id": None, "portrait_message_id": None}
    voice = {"voice_sha": None, "voice_file": None, "voice_owner_id": None, "voice_message_id": None}
    async with database.begin() as connection:
        for column, nothing in ((drafts.c.portrait_owner_id, portrait), (drafts.c.voice_owner_id, voice)):
            others = sa.and_(column == owner_id, drafts.c.user_id != owner_id)
            await connection.execute(sa.update(drafts).where(others).values(nothing))


async def _delete(database: AsyncEngine, store: Objects, link_store: Links, where: Where) -> Forgotten:
    """Delete rows, and the files that nothing else needs."""
    shas = await _files_of(database, where)
    await _end_links(database, link_store, where(renders))
    rows = 0
    async with database.begin() as connection:
        rows += await _let_paid_tasks_end_nameless(connection, where(renders))
        going = where(renders)
        if going is not None:
            gone = sa.select(renders.c.id).where(going)
            for table in (formats, tasks, showings):
                await connection.execute(sa.delete(table).where(table.c.render_id.in_(gone)))
        if (marked := where(stickers)) is not None:
            nobody = {"chat_id": 0, "portrait_owner_id": None}  # it stands at Telegram, until that takes it away
            await connection.execute(sa.update(stickers).where(marked).values(nobody))
        for table in metadata.sorted_tables:
            if table.info != BY_ITSELF and (condition := where(table)) is not None:
                rows += (await connection.execute(sa.delete(table).where(condition))).rowcount
    files = 0
    for sha in shas:
        if not await _is_mentioned(database, sha):
            files += await store.remove(sha)
            async with database.begin() as connection:
                await connection.execute(sa.delete(verdicts).where(verdicts.c.sha == sha))
                await connection.execute(sa.delete(links).where(links.c.sha == sha))
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


async def _files_of(database: AsyncEngine, where: Where) -> set[str]:
    found: set[str] = set()
    async with database.connect() as connection:
        for column in MENTIONS:
            if (condition := where(column.table)) is not None:
                named = sa.select(column).where(condition, column.is_not(None))
                found |= set((await connection.execute(named)).scalars())
    return found


async def _end_links(database: AsyncEngine, link_store: Links, theirs: sa.ColumnElement[bool] | None) -> None:
    """End the links of these renders."""
    if theirs is None:
        return
    async with database.connect() as connection:
        query = sa.select(tasks.c.image_link, tasks.c.audio_link).where(tasks.c.render_id == renders.c.id, theirs)
        rows = (await connection.execute(query)).all()
    keys = [key for row in rows for key in row if key]
    if keys:
        await link_store.revoke(*keys)
        async with for_one_statement(database) as connection:
            await connection.execute(sa.delete(links).where(links.c.key.in_(keys)))


async def _let_paid_tasks_end_nameless(connection: AsyncConnection, theirs: sa.ColumnElement[bool] | None) -> int:
    """Keep renders whose task the service has, or may have, to note what they cost; clear whatever names somebody.

    Returns how many those are.
    """
    if theirs is None:
        return 0
    now = unix_now()
    nobody = {"chat_id": 0, "user_id": 0, "thread_id": 0, "voice_message_id": 0, "card_message_id": None}
    nothing = {"portrait_sha": "", "voice_sha": "", "opening": None, "portrait_file": None, "voice_file": None}
    nothing |= {"portrait_owner_id": None, "voice_owner_id": None}
    paid = sa.exists().where(tasks.c.render_id == renders.c.id, tasks.c.ended_at.is_(None))
    kept = await connection.execute(
        sa.update(renders)
        .where(theirs, renders.c.ended_at.is_(None))
        .where(paid, renders.c.video_sha.is_(None))
        .values({**nobody, **nothing, "origin": sa.literal(FORGOTTEN) + renders.c.id, "cancel_asked_at": now})
    )
    nameless = sa.select(renders.c.id).where(renders.c.origin.startswith(FORGOTTEN))
    links_of = sa.update(tasks).where(tasks.c.render_id.in_(nameless))
    await connection.execute(links_of.values(image_link=None, audio_link=None))
    return kept.rowcount


async def remove_unmentioned(database: AsyncEngine, store: Objects, sha: str) -> int:
    """Delete a file unless something else needs it; return how many were deleted, 0 or 1."""
    return 0 if await _is_mentioned(database, sha) else await store.remove(sha)


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
        gone = sa.update(inbox).where(inbox.c.update_id.in_(theirs)).values(body=None, turn=None, done_at=unix_now())
        await connection.execute(gone)
