"""Refusals and opt-outs: what must last, also when nobody is to be known any more. It is kept under keyed hashes.

How a refused picture looks is kept in plain, for what is similar has another hash; it goes with its owner's `/forget`.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from storage.clock import unix_now
from storage.database import add_row, for_one_statement
from storage.keyed_hash import KeyedHash
from storage.tables import consents, likenesses, opt_outs, people, refusals

NEAR = 8
"""Bits of 64 by which two looks of the same picture may differ: it was scaled, pressed, or had its edge cut."""


@dataclass(frozen=True)
class Likeness:
    """How a picture looks that somebody refused, and where."""

    chat_id: int
    owner_id: int
    likeness: str


def marks_of(key: KeyedHash, file: str | None, sha: str | None) -> list[str]:
    """Return the marks of a photo or a voice: by Telegram's name of it, and by its bytes."""
    return [*([key("file", file)] if file else []), *([key("sha", sha)] if sha else [])]


async def write_refusal(database: AsyncEngine, key: KeyedHash, owner_id: int, marks: Iterable[str]) -> None:
    """Note that nobody but its owner may use what has these marks."""
    row = {"owner": key("person", owner_id), "refused_at": unix_now()}
    async with database.begin() as connection:
        for mark in marks:
            await add_row(connection, refusals, {"mark": mark, **row})


async def write_likeness(database: AsyncEngine, chat_id: int, owner_id: int, likeness: str) -> None:
    """Note how a picture looks that somebody refused in a chat."""
    row = {"chat_id": chat_id, "owner_id": owner_id, "likeness": likeness, "refused_at": unix_now()}
    async with for_one_statement(database) as connection:
        await add_row(connection, likenesses, row)


async def refused_marks(connection: AsyncConnection, key: KeyedHash, user_id: int, marks: Iterable[str]) -> set[str]:
    """Return those of the marks that somebody else than this person has refused."""
    asked = list(marks)
    if not asked:
        return set()
    values = {"marks": asked, "person": key("person", user_id)}
    return set((await connection.execute(REFUSED, values)).scalars())


REFUSED = sa.select(refusals.c.mark).where(
    refusals.c.mark.in_(sa.bindparam("marks", expanding=True)), refusals.c.owner != sa.bindparam("person")
)


async def near_likenesses(database: AsyncEngine, likeness: str) -> list[Likeness]:
    """Return refused pictures that look like this one."""
    async with database.connect() as connection:
        rows = (await connection.execute(sa.select(likenesses))).all()
    return [Likeness(row.chat_id, row.owner_id, row.likeness) for row in rows if differ(row.likeness, likeness) <= NEAR]


async def has_likenesses(database: AsyncEngine) -> bool:
    """Return whether any refused picture is known by its look."""
    async with database.connect() as connection:
        return (await connection.execute(sa.select(likenesses.c.owner_id).limit(1))).first() is not None


def differ(one: str, other: str) -> int:
    """Return in how many bits two looks differ."""
    return (int(one, 16) ^ int(other, 16)).bit_count()


async def opt_out(database: AsyncEngine, key: KeyedHash, user_id: int) -> None:
    """Let nobody else use what this person posts, until they take that back."""
    async with for_one_statement(database) as connection:
        await add_row(connection, opt_outs, {"person": key("person", user_id), "since": unix_now()})


async def opt_in(database: AsyncEngine, key: KeyedHash, user_id: int) -> None:
    """Let others ask again, also about what was refused."""
    person = key("person", user_id)
    async with database.begin() as connection:
        await connection.execute(sa.delete(opt_outs).where(opt_outs.c.person == person))
        await connection.execute(sa.delete(refusals).where(refusals.c.owner == person))
        await connection.execute(sa.delete(likenesses).where(likenesses.c.owner_id == user_id))
        refused = sa.delete(consents).where(consents.c.owner_id == user_id, consents.c.answer == "no")
        await connection.execute(refused)


async def opted_out(connection: AsyncConnection, key: KeyedHash, people_ids: Iterable[int]) -> set[int]:
    """Return those of the people whom nobody else may use."""
    hashes = {key("person", person): person for person in people_ids}
    if not hashes:
        return set()
    return {hashes[found] for found in (await connection.execute(OUT, {"people": [*hashes]})).scalars()}


OUT = sa.select(opt_outs.c.person).where(opt_outs.c.person.in_(sa.bindparam("people", expanding=True)))


async def seal_old_answers(database: AsyncEngine, key: KeyedHash) -> None:
    """Put what older versions kept in plain under keyed hashes: opt-outs and refusals."""
    async with database.connect() as connection:
        out = list((await connection.execute(sa.select(people.c.user_id).where(OLD_OPT_OUT))).scalars())
        said_no = (await connection.execute(sa.select(consents).where(consents.c.answer == "no"))).all()
    for person in out:
        await opt_out(database, key, person)
    for row in said_no:
        await write_refusal(database, key, row.owner_id, marks_of(key, row.file, None))
    async with for_one_statement(database) as connection:
        await connection.execute(sa.update(people).where(OLD_OPT_OUT).values(opted_out_at=None))


OLD_OPT_OUT = people.c.opted_out_at.is_not(None)
