"""An overview for the operator: what is in the works, what failed and why, and which ids are known."""

from collections.abc import Iterable
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from storage.book import Book
from storage.clock import unix_now
from storage.renders import Render, Stage, open_renders
from storage.tables import CHAT, PERSON, chats, columns_naming, drafts, people, renders

FAILED = (Stage.FAILED, Stage.REFUSED, Stage.UNSURE)


@dataclass(frozen=True)
class Works:
    """What is in the works.

    Args:
        waiting: renders that wait for their turn.
        going: those that have begun.
        stuck: of those, the ones in trouble, or at it for longer than they should be.
    """

    waiting: int
    going: int
    stuck: list[Render]


async def read_works(database: AsyncEngine, longest: float) -> Works:
    """Return what is in the works.

    Args:
        longest: seconds that a render usually takes at most.
    """
    open_ = await open_renders(database)
    waiting = [render for render in open_ if render.stage in (Stage.QUEUED, Stage.ASKING)]
    going = [render for render in open_ if render not in waiting]
    old = unix_now() - longest
    return Works(len(waiting), len(going), [each for each in going if each.trouble or each.created_at < old])


async def failures(database: AsyncEngine, since: float) -> dict[str, int]:
    """Return how many renders brought no video since a Unix time, by the reason, most first."""
    number = sa.func.count().label("number")
    query = (
        sa.select(renders.c.reason, number)
        .where(renders.c.ended_at >= since, renders.c.stage.in_(FAILED))
        .group_by(renders.c.reason)
        .order_by(number.desc(), renders.c.reason)
    )
    async with database.connect() as connection:
        return {row.reason or "": row.number for row in (await connection.execute(query)).all()}


async def known_ids(database: AsyncEngine, book: Book, marks: Iterable[str]) -> dict[str, int]:
    """Return the ids behind hashes, as far as a row still names them."""
    wanted, found = set(marks), {}
    async with database.connect() as connection:
        for column in columns_naming(CHAT, PERSON):
            for who in (await connection.execute(sa.select(column).distinct())).scalars():
                if who and (mark := book.mark(who)) in wanted:
                    found[mark] = who
    return found


async def known_chats(database: AsyncEngine) -> list[int]:
    """Return the chats that have used the bot, as far as they are known."""
    columns = (chats.c.chat_id, people.c.user_id, renders.c.chat_id, drafts.c.chat_id)
    found: set[int] = set()
    async with database.connect() as connection:
        for column in columns:
            found |= set((await connection.execute(sa.select(column).distinct())).scalars())
    return sorted(found - {0})
