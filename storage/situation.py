"""What is known of a person in a chat and topic, read by one statement: everything that decides on their wish."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from storage.book import Book, Payer, month_of
from storage.choices import Choices
from storage.clock import unix_now
from storage.drafts import Draft, DraftKey
from storage.duets import WAITING_SECONDS, Duet
from storage.intake import ALL_BYTES, BYTES, CHAT_BYTES, FILES
from storage.people import PersonPreferences
from storage.renders import OPEN_IN_CHAT, OPEN_OF_PERSON
from storage.reservations import CHAT, DAY, MONTH, PERSON
from storage.switches import PAUSED
from storage.tables import access, chats, counts, drafts, duets, people, renders, switches

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
        open_of_person: theirs, in all chats; of somebody who speaks in a chat's name, those of all who do there.
        files_today: files that they have sent today, in all chats.
        bytes_today: bytes in those files.
        chat_bytes_today: bytes of the chat today, whoever sent them.
        all_bytes_today: bytes of everybody today, with the videos that were made.
        spent: billionths of a CNY that are spent or reserved, by the kinds of the budgets.
        access: what the admins said of the person; None: nothing.
        chat_access: what they said of the chat.
        paused: whether the operator takes no new orders.
    """

    key: DraftKey
    choices: Choices
    person: PersonPreferences
    draft: Draft
    duet: Duet | None
    begun: str | None
    open_in_chat: int = 0
    open_of_person: int = 0
    files_today: int = 0
    bytes_today: int = 0
    chat_bytes_today: int = 0
    all_bytes_today: int = 0
    spent: Mapping[str, int] = field(default_factory=dict)
    access: str | None = None
    chat_access: str | None = None
    paused: bool = False


def _place(table: sa.Table, *names: str) -> sa.ColumnElement[bool]:
    return sa.and_(*(table.c[name] == sa.bindparam(name) for name in names))


def _labelled(table: sa.Table, row_type: type) -> list[sa.Label[Any]]:
    """Return the columns of a row, each under the table's name and its own: several tables share names."""
    names = [each.name for each in fields(row_type) if each.name in table.c]
    return [table.c[name].label(f"{table.name}_{name}") for name in names]


def _used(kind: str, who: str, period: str) -> sa.Label[Any]:
    """Return a count, by the names of the parameters that say whose and when."""
    of = (counts.c.kind == kind, counts.c.who == sa.bindparam(who), counts.c.period == sa.bindparam(period))
    return sa.select(counts.c.used).where(*of).scalar_subquery().label(f"used_{kind}")


def _said(who: str) -> sa.Label[Any]:
    return sa.select(access.c.state).where(access.c.who == sa.bindparam(who)).scalar_subquery().label(f"access_{who}")


BUDGETS = {MONTH: ("all", "month"), DAY: ("all", "day"), PERSON: ("person", "day"), CHAT: ("chat", "day")}
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
    OPEN_IN_CHAT.scalar_subquery().label("open_in_chat"),
    OPEN_OF_PERSON.scalar_subquery().label("open_of_person"),
    _used(FILES, "sender", "day"),
    _used(BYTES, "sender", "day"),
    _used(CHAT_BYTES, "chat", "day"),
    _used(ALL_BYTES, "all", "day"),
    *(_used(kind, *whose) for kind, whose in BUDGETS.items()),
    _said("sender"),
    _said("chat"),
    sa.select(switches.c.at).where(switches.c.name == PAUSED).scalar_subquery().label("paused_at"),
).select_from(
    ONE.outerjoin(chats, _place(chats, "chat_id"))
    .outerjoin(people, _place(people, "user_id"))
    .outerjoin(drafts, _place(drafts, "chat_id", "user_id", "thread_id"))
    .outerjoin(duets, WAITS)
)


async def read_situation(database: AsyncEngine, book: Book, key: DraftKey, origin: str = "") -> Situation:
    """Read what is known of a person in a chat and topic.

    Args:
        origin: of the render that their message begins.
    """
    payer, day = book.payer(key.chat_id, key.user_id), book.day()
    values = {**asdict(key), "origin": origin, "since": unix_now() - WAITING_SECONDS, **_whose(payer, day)}
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
        files_today=row[f"used_{FILES}"] or 0,
        bytes_today=row[f"used_{BYTES}"] or 0,
        chat_bytes_today=row[f"used_{CHAT_BYTES}"] or 0,
        all_bytes_today=row[f"used_{ALL_BYTES}"] or 0,
        spent={kind: row[f"used_{kind}"] or 0 for kind in BUDGETS},
        access=row["access_sender"] if payer.person else None,
        chat_access=row["access_chat"],
        paused=row["paused_at"] is not None,
    )


def _whose(payer: Payer, day: str) -> dict[str, str]:
    """Return the parameters that say whose counts are read, and of when."""
    whose = {"all": "", "person": payer.person or "-", "chat": payer.chat, "sender": payer.person or payer.chat}
    return {**whose, "day": day, "month": month_of(day)}


def _read(row: sa.RowMapping, table: sa.Table, row_type: type[T], never_empty: str, *first: Any) -> T | None:
    """Return the row of a table; None where a column that is never empty is empty, for want of a row."""
    prefix = f"{table.name}_"
    columns = {name.removeprefix(prefix): value for name, value in row.items() if name.startswith(prefix)}
    return None if columns[never_empty] is None else row_type(*first, **columns)
