"""Renders: one row a job, from a complete draft to a delivered video."""

import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from storage.clock import unix_now
from storage.database import add_row, for_one_statement, take_turn
from storage.tables import cast, renders, tasks, voice_parts


class Stage(StrEnum):
    """Where a render is: `ASKING` waits for a yes to its price, the last six are ends."""

    ASKING = "asking"
    QUEUED = "queued"
    PREPARING = "preparing"
    CHECKING = "checking"
    SUBMITTING = "submitting"
    WAITING = "waiting"
    FETCHING = "fetching"
    DELIVERING = "delivering"
    DELIVERED = "delivered"
    REFUSED = "refused"
    FAILED = "failed"
    CANCELLED = "cancelled"
    UNSURE = "unsure"
    GONE = "gone"


UNORDERED = (Stage.ASKING, Stage.QUEUED, Stage.PREPARING, Stage.CHECKING)
"""Stages in which nothing has been ordered yet."""

DUET = "duet:"
"""The beginning of the origin of one half of a duet: `duet:ID:1` or `duet:ID:2`."""

FORGOTTEN = "forgotten:"
"""The beginning of the origin of a render whose person is forgotten."""


@dataclass(frozen=True)
class Render:
    """The row of one render. Times are Unix seconds, shas name objects, `thread_id` is 0 outside topics."""

    id: str
    origin: str
    chat_id: int
    user_id: int
    thread_id: int
    voice_message_id: int
    portrait_sha: str
    portrait_file: str | None
    portrait_owner_id: int | None
    voice_sha: str
    voice_file: str | None
    voice_owner_id: int | None
    engine: str
    model: str
    ratio: str
    style: str
    resolution: str
    language: str
    mark: str
    parts: int
    asked_price: str | None
    agreed_at: float | None
    owner: str | None
    epoch: int
    stage: Stage
    trouble: str | None
    trouble_since: float | None
    reason: str | None
    opening: str | None
    card_message_id: int | None
    video_sha: str | None
    video_seconds: float | None
    video_file_id: str | None
    video_message_id: int | None
    cancel_asked_at: float | None
    restored_at: float | None
    created_at: float
    ended_at: float | None

    @property
    def has_video(self) -> bool:
        """Whether there is a video to deliver: a file of ours, or one that Telegram keeps."""
        return self.video_sha is not None or self.video_file_id is not None

    @property
    def forgotten(self) -> bool:
        """Whether its person is forgotten, and it only waits for a paid task to end."""
        return self.origin.startswith(FORGOTTEN)

    @property
    def duet_id(self) -> str | None:
        """The duet that it is one half of, if it is: its video is not sent by itself."""
        return self.origin.split(":")[1] if self.origin.startswith(DUET) else None

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen to it."""
        return self.ended_at is not None


# Statements of every step are built once: building one takes a third of the time of running it.
BY_ID = sa.select(renders).where(renders.c.id == sa.bindparam("id"))
BY_ORIGIN = sa.select(renders).where(renders.c.origin == sa.bindparam("origin"))
UPDATE = (
    sa.update(renders)
    .where(renders.c.id == sa.bindparam("render_id"), renders.c.ended_at.is_(None))
    .returning(*renders.c)
)
TROUBLED = UPDATE.values(trouble_since=sa.func.coalesce(renders.c.trouble_since, sa.bindparam("now")))
SPEAKS = (
    sa.update(cast)
    .where(cast.c.chat_id == sa.bindparam("chat"), cast.c.portrait_sha == sa.bindparam("sha"))
    .values(used_at=sa.bindparam("now"))
)
"""What a saved face notes of its use."""

OPEN = sa.select(sa.func.count()).select_from(renders).where(renders.c.ended_at.is_(None))
OPEN_IN_CHAT = OPEN.where(renders.c.chat_id == sa.bindparam("chat_id"))
OPEN_OF_PERSON = OPEN.where(
    renders.c.user_id == sa.bindparam("user_id"),
    sa.or_(sa.bindparam("user_id") > 0, renders.c.chat_id == sa.bindparam("chat_id")),
)
"""How many renders somebody waits for, wherever they are; who speaks in the name of a chat is that chat."""
OPEN_OF_BOTH = sa.select(OPEN_OF_PERSON.scalar_subquery(), OPEN_IN_CHAT.scalar_subquery())


class TooMany(Exception):
    """So many renders wait already that no more are taken.

    Args:
        of_person: they are this person's; else, the chat's.
    """

    def __init__(self, of_person: bool) -> None:
        super().__init__(of_person)
        self.of_person = of_person


@dataclass(frozen=True)
class Most:
    """How many renders may wait for one person, and in one chat."""

    of_person: int
    in_chat: int


def render_of(row: sa.RowMapping) -> Render:
    """Return the render of a row."""
    columns = {each.name: row[each.name] for each in fields(Render)}
    return Render(**{**columns, "stage": Stage(row["stage"])})


async def select_renders(database: AsyncEngine, *conditions: sa.ColumnElement[bool]) -> list[Render]:
    """Return the renders that meet the conditions, oldest first."""
    query = sa.select(renders).where(*conditions).order_by(renders.c.created_at, renders.c.id)
    async with database.connect() as connection:
        return [render_of(row) for row in (await connection.execute(query)).mappings()]


async def create_render(
    database: AsyncEngine, origin: str, most: Most | None = None, /, **columns: Any
) -> tuple[Render, bool]:
    """Write a new queued render; for an origin that has one already, return that.

    Args:
        most: that may wait with it; None: any number.

    Returns:
        The render, and whether it is new.

    Raises:
        TooMany: see there.
    """
    [made] = await create_renders(database, [(origin, columns)], most)
    return made


async def create_renders(
    database: AsyncEngine, wanted: Sequence[tuple[str, dict[str, Any]]], most: Most | None = None
) -> list[tuple[Render, bool]]:
    """Write new queued renders of one person in one chat, all or none; see `create_render`."""
    made = []
    async with database.begin() as connection:
        for origin, columns in wanted:
            row = {"id": secrets.token_hex(8), "origin": origin, "stage": Stage.QUEUED, "created_at": unix_now()}
            added = await add_row(connection, renders, row | columns)
            found = added or (await connection.execute(BY_ORIGIN, {"origin": origin})).mappings().one()
            made.append((render_of(found), added is not None))
            await connection.execute(
                SPEAKS, {"chat": found["chat_id"], "sha": found["portrait_sha"], "now": row["created_at"]}
            )
        if most is not None and any(is_new for _, is_new in made):
            await _check_waiting(connection, made[0][0], most)
    return made


async def _check_waiting(connection: AsyncConnection, render: Render, most: Most) -> None:
    """See that no more wait than may, among them those of this transaction; others wait for its end."""
    for number in sorted({render.user_id, render.chat_id}):
        await take_turn(connection, number)
    place = {"chat_id": render.chat_id, "user_id": render.user_id}
    of_person, in_chat = (await connection.execute(OPEN_OF_BOTH, place)).one()
    if of_person > most.of_person or in_chat > most.in_chat:
        raise TooMany(of_person > most.of_person)


async def read_render(database: AsyncEngine, render_id: str) -> Render | None:
    """Return one render, if it exists."""
    return await first_render(database, BY_ID, id=render_id)


async def find_render(database: AsyncEngine, origin: str) -> Render | None:
    """Return the render of an origin, if it has one."""
    return await first_render(database, BY_ORIGIN, origin=origin)


async def first_render(database: AsyncEngine, query: sa.Select[Any], **values: Any) -> Render | None:
    """Return the first render of a query, if there is one."""
    async with database.connect() as connection:
        row = (await connection.execute(query, values)).mappings().first()
    return render_of(row) if row else None


async def update_render(database: AsyncEngine, render_id: str, **columns: Any) -> Render | None:
    """Write some columns of an open render; return it as it is then, or None if it has ended or is gone.

    With a trouble, also since when it is in one, whatever that was called before.
    """
    change = UPDATE
    if columns.get("trouble"):
        change, columns["now"] = TROUBLED, unix_now()
    elif "trouble" in columns:
        columns["trouble_since"] = None
    async with for_one_statement(database) as connection:
        row = (await connection.execute(change, {"render_id": render_id, **columns})).mappings().first()
    return render_of(row) if row else None


async def note_card(database: AsyncEngine, render_id: str, message_id: int) -> None:
    """Note the message that says how a render ended, so that it is edited when it is said again."""
    change = sa.update(renders).where(renders.c.id == render_id).values(card_message_id=message_id)
    async with for_one_statement(database) as connection:
        await connection.execute(change)


async def end_render(
    database: AsyncEngine,
    render_id: str,
    stage: Stage,
    reason: str | None = None,
    only_from: Collection[Stage] = tuple(Stage),
    **columns: Any,
) -> bool:
    """End a render; returns whether it was this call that ended it.

    Args:
        only_from: end it only while it is in one of these stages.
    """
    conditions = [renders.c.id == render_id, renders.c.ended_at.is_(None), renders.c.stage.in_(only_from)]
    ended = {"stage": stage, "reason": reason, "trouble": None, "ended_at": unix_now(), **columns}
    change = sa.update(renders).where(*conditions).values(ended)
    async with for_one_statement(database) as connection:
        return (await connection.execute(change)).rowcount == 1


async def open_renders(database: AsyncEngine, chat_id: int | None = None, user_id: int | None = None) -> list[Render]:
    """Return the renders that have not ended, oldest first; of one chat, or of one person in it."""
    of = {"chat_id": chat_id, "user_id": user_id}
    theirs = [renders.c[name] == number for name, number in of.items() if number is not None]
    return await select_renders(database, renders.c.ended_at.is_(None), *theirs)


async def delete_render(database: AsyncEngine, render_id: str) -> None:
    """Delete a render, and what is known of its tasks."""
    async with database.begin() as connection:
        await delete_renders(connection, renders.c.id == render_id)


async def forget_old_renders(database: AsyncEngine, older_than: float) -> int:
    """Delete renders that ended before a Unix time; returns how many."""
    async with database.begin() as connection:
        return await delete_renders(connection, renders.c.ended_at < older_than)


async def delete_renders(connection: AsyncConnection, condition: sa.ColumnElement[bool]) -> int:
    """Delete renders, with their tasks and the parts of their voices; returns how many."""
    gone = sa.select(renders.c.id).where(condition)
    for table in (tasks, voice_parts):
        await connection.execute(sa.delete(table).where(table.c.render_id.in_(gone)))
    return (await connection.execute(sa.delete(renders).where(condition))).rowcount
