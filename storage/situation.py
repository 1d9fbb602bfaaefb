"""What is known of a person in a chat and topic, read by one statement: everything that decides on their wish."""

import time
from dataclasses import asdict, dataclass, fields
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from storage.choices import Choices
from storage.drafts import Draft, DraftKey
from storage.duets import WAITING_SECONDS, Duet
from storage.intake import today
from storage.people import PersonPreferences
from storage.tables import chats, drafts, duets, intake, people, renders

T = TypeVar("T")


@dataclass(frozen=True)
class Situation:
    """A person in a chat and topic.

    Args:
        choices: of the chat.
        person: what they have chosen and been told.
        draft: what they have sent so far.
        duet: their duet that waits for a voice.
        begun: the id of the render that the message has already begun, in a process that was killed.
        open_in_chat: renders of the chat that have not ended.
        open_of_person: how many of those are theirs.
        files_today: files that they have sent today, in all chats.
        bytes_today: bytes in those files.
        chat_bytes_today: bytes of the chat today, whoever sent them.
        all_bytes_today: bytes of everybody today, with the videos that were made.
    """

    key: DraftKey
    choices: Choices
    person: PersonPreferences
    draft: Draft
    duet: Duet | None
    begun: str | None
    open_in_chat: int
    open_of_person: int
    files_today: int
    bytes_today: int
    chat_bytes_today: int = 0
    all_bytes_today: int = 0


def _place(table: sa.Table, *names: str) -> sa.ColumnElement[bool]:
    return sa.and_(*(table.c[name] == sa.bindparam(name) for name in names))


def _labelled(table: sa.Table, row_type: type) -> list[sa.Label[Any]]:
    """Return the columns of a row, each under the table's name and its own: several tables share names."""
    names = [each.name for each in fields(row_type) if each.name in table.c]
    return [table.c[name].label(f"{table.name}_{name}") for name in names]


OPEN = sa.select(sa.func.count()).where(_place(renders, "chat_id"), renders.c.ended_at.is_(None))
FILES_TODAY = sa.select(sa.func.sum(intake.c.files)).where(_place(intake, "day"))
BYTES_TODAY = sa.select(sa.func.sum(intake.c.bytes)).where(_place(intake, "day"))
WAITS = sa.and_(
    _place(duets, "chat_id", "user_id", "thread_id"),
    duets.c.second_voice_sha.is_(None),
    duets.c.ended_at.is_(None),
    duets.c.created_at > sa.bindparam("since"),
)
ONE = sa.select(sa.literal(1).label("one")).subquery()

SITUATION = sa.select(
    *_labelled(chats, Choices),
    *_labelled(people, PersonPreferences),
    *_labelled(drafts, Draft),
    *_labelled(duets, Duet),
    sa.select(renders.c.id).where(_place(renders, "origin")).scalar_subquery().label("begun"),
    OPEN.scalar_subquery().label("open_in_chat"),
    OPEN.where(_place(renders, "user_id")).scalar_subquery().label("open_of_person"),
    FILES_TODAY.where(_place(intake, "user_id")).scalar_subquery().label("files_today"),
    BYTES_TODAY.where(_place(intake, "user_id")).scalar_subquery().label("bytes_today"),
    BYTES_TODAY.where(_place(intake, "chat_id")).scalar_subquery().label("chat_bytes_today"),
    BYTES_TODAY.scalar_subquery().label("all_bytes_today"),
).select_from(
    ONE.outerjoin(chats, _place(chats, "chat_id"))
    .outerjoin(people, _place(people, "user_id"))
    .outerjoin(drafts, _place(drafts, "chat_id", "user_id", "thread_id"))
    .outerjoin(duets, WAITS)
)


async def read_situation(database: AsyncEngine, key: DraftKey, origin: str = "") -> Situation:
    """Read what is known of a person in a chat and topic.

    Args:
        origin: of the render that their message begins.
    """
    values = {**asdict(key), "origin": origin, "day": today(), "since": time.time() - WAITING_SECONDS}
    async with database.connect() as connection:
        row = (await connection.execute(SITUATION, values)).mappings().first()
    assert row is not None  # noqa: S101 - there is one, whatever is known
    return Situation(
        key,
        choices=_read(row, chats, Choices, "chat_id") or Choices(key.chat_id),
        person=_read(row, people, PersonPreferences, "user_id") or PersonPreferences(key.user_id),
        draft=_read(row, drafts, Draft, "portrait_used", key) or Draft(key),
        duet=_read(row, duets, Duet, "id"),
        begun=row["begun"],
        open_in_chat=row["open_in_chat"],
        open_of_person=row["open_of_person"],
        files_today=int(row["files_today"] or 0),
        bytes_today=int(row["bytes_today"] or 0),
        chat_bytes_today=int(row["chat_bytes_today"] or 0),
        all_bytes_today=int(row["all_bytes_today"] or 0),
    )


def _read(row: sa.RowMapping, table: sa.Table, row_type: type[T], never_empty: str, *first: Any) -> T | None:
    """Return the row of a table; None where a column that is never empty is empty, for want of a row."""
    prefix = f"{table.name}_"
    columns = {name.removeprefix(prefix): value for name, value in row.items() if name.startswith(prefix)}
    return None if columns[never_empty] is None else row_type(*first, **columns)
