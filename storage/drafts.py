"""Drafts: what one person has sent so far in one chat and topic."""

from dataclasses import asdict, dataclass, fields
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from storage.clock import unix_now
from storage.database import for_one_statement, insert, put_row
from storage.renders import Render
from storage.tables import drafts


@dataclass(frozen=True)
class DraftKey:
    """Whose draft, and where; `thread_id` is 0 outside topics."""

    chat_id: int
    user_id: int
    thread_id: int = 0

    @property
    def is_private(self) -> bool:
        """Whether nobody else is in the chat: Telegram gives groups and channels ids below zero."""
        return self.chat_id > 0


def key_of_render(render: Render) -> DraftKey:
    """Return whose draft a render was made of."""
    return DraftKey(render.chat_id, render.user_id, render.thread_id)


@dataclass(frozen=True)
class Draft:
    """The row of one draft; empty for somebody who has sent nothing yet."""

    key: DraftKey
    portrait_sha: str | None = None
    portrait_file: str | None = None
    portrait_owner_id: int | None = None
    portrait_message_id: int | None = None
    portrait_used: bool = False
    album_id: str | None = None
    album_notice_id: int | None = None
    voice_sha: str | None = None
    voice_file: str | None = None
    voice_owner_id: int | None = None
    voice_message_id: int | None = None


def _where(key: DraftKey) -> sa.ColumnElement[bool]:
    return sa.and_(
        drafts.c.chat_id == key.chat_id, drafts.c.user_id == key.user_id, drafts.c.thread_id == key.thread_id
    )


BY_KEY = sa.select(drafts).where(*(drafts.c[part.name] == sa.bindparam(part.name) for part in fields(DraftKey)))


async def read_draft(database: AsyncEngine, key: DraftKey) -> Draft:
    """Return the draft of a person in a chat."""
    async with database.connect() as connection:
        row = (await connection.execute(BY_KEY, asdict(key))).mappings().first()
    return draft_of(key, row) if row else Draft(key)


def draft_of(key: DraftKey, row: sa.RowMapping) -> Draft:
    """Return the draft of a row."""
    return Draft(key, **{name: value for name, value in row.items() if name in Draft.__dataclass_fields__})


async def write_draft(database: AsyncEngine, key: DraftKey, **columns: Any) -> Draft:
    """Write some columns of a draft; the others stay. Returns all of it."""
    columns["updated_at"] = unix_now()
    async with for_one_statement(database) as connection:
        row = {"portrait_used": False, **asdict(key), **columns}
        return draft_of(key, await put_row(connection, drafts, row, *columns))


async def drop_voice(database: AsyncEngine, key: DraftKey, sha: str) -> None:
    """Take a voice out of a draft, unless another one has come meanwhile."""
    nothing = dict.fromkeys(("voice_sha", "voice_file", "voice_owner_id", "voice_message_id"))
    async with for_one_statement(database) as connection:
        await connection.execute(sa.update(drafts).where(_where(key), drafts.c.voice_sha == sha).values(nothing))


async def drop_portrait(database: AsyncEngine, key: DraftKey, sha: str) -> None:
    """Take a portrait out of a draft, unless another one has come meanwhile."""
    nothing = dict.fromkeys(("portrait_sha", "portrait_file", "portrait_owner_id", "portrait_message_id"))
    async with for_one_statement(database) as connection:
        await connection.execute(
            sa.update(drafts).where(_where(key), drafts.c.portrait_sha == sha).values(portrait_used=False, **nothing)
        )


async def keep_voice(
    database: AsyncEngine,
    key: DraftKey,
    sha: str,
    message_id: int,
    file: str | None = None,
    owner_id: int | None = None,
) -> None:
    """Put a voice back into a draft, unless another one has come meanwhile."""
    voice = {"voice_sha": sha, "voice_file": file, "voice_owner_id": owner_id, "voice_message_id": message_id}
    await _keep(database, key, drafts.c.voice_sha, voice)


async def keep_portrait(
    database: AsyncEngine, key: DraftKey, sha: str, file: str | None = None, owner_id: int | None = None
) -> None:
    """Put a portrait back into a draft, unless another one has come meanwhile."""
    portrait = {"portrait_sha": sha, "portrait_file": file, "portrait_owner_id": owner_id, "portrait_used": False}
    await _keep(database, key, drafts.c.portrait_sha, portrait)


async def _keep(database: AsyncEngine, key: DraftKey, place: sa.Column[Any], columns: dict[str, Any]) -> None:
    """Write columns of a draft in which a place is still empty."""
    columns["updated_at"] = unix_now()
    async with for_one_statement(database) as connection:
        statement = insert(connection.dialect.name, drafts).values({"portrait_used": False, **asdict(key), **columns})
        await connection.execute(
            statement.on_conflict_do_update(index_elements=drafts.primary_key, set_=columns, where=place.is_(None))
        )


async def delete_draft(database: AsyncEngine, key: DraftKey) -> None:
    """Forget what a person has sent so far."""
    async with for_one_statement(database) as connection:
        await connection.execute(sa.delete(drafts).where(_where(key)))


async def forget_old_drafts(database: AsyncEngine, older_than: float) -> int:
    """Delete drafts that were last touched before a Unix time; returns how many."""
    async with for_one_statement(database) as connection:
        return (await connection.execute(sa.delete(drafts).where(drafts.c.updated_at < older_than))).rowcount
