"""The queue of renders: whose turn it is, and how many are ahead of each."""

from collections.abc import Collection, Mapping
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from storage.clock import unix_now
from storage.database import for_one_statement, take_turn
from storage.machines import ALIVE
from storage.renders import Render, Stage, render_of, select_renders
from storage.tables import WAITS, is_at_work, renders
from storage.videos import SAME_FOR

CHATS_CONSIDERED = 100
"""Chats that are considered for the next turn, at least: those that wait longest."""

PAGE = 200
"""Renders that are read at once while these are looked for."""

NOT_BEGUN = (Stage.ASKING, Stage.QUEUED)
IN_QUEUE = sa.and_(renders.c.ended_at.is_(None), renders.c.stage != Stage.ASKING)
"""Who waits for a yes stands in nobody's way."""

AT_SERVICE = (Stage.PREPARING, Stage.CHECKING, Stage.SUBMITTING, Stage.WAITING)
TWIN, OTHER = renders.alias("twin"), renders.alias("other")


class Next(NamedTuple):
    """A render whose turn it is."""

    id: str
    chat_id: int


def may_begin(which: sa.FromClause) -> sa.ColumnElement[bool]:
    """Match renders of which nothing of the same chat is in the way.

    The same video is not on its way: when that is there, it is sent again for nothing. And no other machine is at a
    render of the chat that is not in trouble; what is here, its slots know.
    """
    twin_at_work = sa.exists().where(
        *(TWIN.c[name] == which.c[name] for name in ("chat_id", *SAME_FOR)), is_at_work(TWIN)
    )
    busy_elsewhere = sa.exists().where(
        OTHER.c.chat_id == which.c.chat_id,
        is_at_work(OTHER),
        OTHER.c.owner != sa.bindparam("machine"),
        OTHER.c.stage.in_(AT_SERVICE),
        OTHER.c.trouble.is_(None),
    )
    return sa.and_(~twin_at_work, ~busy_elsewhere)


TAKEN = {"owner": sa.bindparam("machine"), "epoch": renders.c.epoch + 1}
BEGIN = (
    sa.update(renders)
    .where(renders.c.id == sa.bindparam("render_id"), renders.c.stage == Stage.QUEUED, renders.c.ended_at.is_(None))
    .values(stage=Stage.PREPARING, **TAKEN)
    .returning(*renders.c)
)
BEGIN_IN_TURN = BEGIN.where(may_begin(renders))
BEGUN = sa.and_(renders.c.ended_at.is_(None), renders.c.stage.not_in(NOT_BEGUN))
LEFT = sa.or_(
    sa.and_(renders.c.owner.is_not(None), renders.c.owner.not_in(ALIVE)), sa.and_(BEGUN, renders.c.owner.is_(None))
)
"""Nobody who lives leads it, and it must still be led: also one that has ended, and is not tidied up after."""


async def renders_left(database: AsyncEngine) -> list[Render]:
    """Return the renders that nobody leads who lives, oldest first."""
    return await select_renders(database, LEFT)


async def take_left(database: AsyncEngine, render_ids: Collection[str], machine: str) -> list[Render]:
    """Take up renders that nobody leads; return those that no other machine has taken meanwhile."""
    change = sa.update(renders).where(LEFT, renders.c.id.in_(render_ids)).values(TAKEN).returning(*renders.c)
    async with for_one_statement(database) as connection:
        rows = (await connection.execute(change, {"machine": machine})).mappings().all()
    return sorted((render_of(row) for row in rows), key=lambda render: (render.created_at, render.id))


async def renders_of(database: AsyncEngine, machine: str) -> list[Render]:
    """Return the renders that a machine leads."""
    return await select_renders(database, renders.c.owner == machine)


async def let_go(database: AsyncEngine, render_id: str, machine: str) -> None:
    """Note that nothing more is to be done for a render."""
    change = sa.update(renders).where(renders.c.id == render_id, renders.c.owner == machine).values(owner=None)
    async with for_one_statement(database) as connection:
        await connection.execute(change)


async def begin_render(database: AsyncEngine, render_id: str, machine: str, *, in_turn_of: int | None) -> Render | None:
    """Give a waiting render its turn, once; return None if it has had it, or has ended, or it is not its turn.

    Args:
        machine: that leads it from now on.
        in_turn_of: its chat, which may have nothing else at the service; None for one that costs nothing and need not
            wait for that.
    """
    values = {"render_id": render_id, "machine": machine}
    async with database.begin() as connection:
        if in_turn_of is not None:
            await take_turn(connection, in_turn_of)  # two machines may be about to
        begin = BEGIN if in_turn_of is None else BEGIN_IN_TURN
        row = (await connection.execute(begin, values)).mappings().first()
    return render_of(row) if row else None


async def agree(database: AsyncEngine, render_id: str) -> bool:
    """Note that a person said yes to the price of a render, once; it waits for its turn from now on."""
    said = {"stage": Stage.QUEUED, "agreed_at": unix_now()}
    asked = sa.and_(renders.c.id == render_id, renders.c.stage == Stage.ASKING, renders.c.ended_at.is_(None))
    async with for_one_statement(database) as connection:
        return (await connection.execute(sa.update(renders).where(asked).values(said))).rowcount == 1


async def unanswered_renders(database: AsyncEngine, older_than: float) -> list[Render]:
    """Return the renders that have waited for a yes since before a Unix time."""
    return await select_renders(
        database, renders.c.ended_at.is_(None), renders.c.stage == Stage.ASKING, renders.c.created_at < older_than
    )


async def next_in_queue(
    database: AsyncEngine, busy: Collection[int], turns: Mapping[int, float], machine: str
) -> tuple[Next | None, bool]:
    """Return the render to begin next: the oldest one of the chat whose last turn is the longest ago.

    Args:
        busy: chats that have a render at work: one at a time.
        turns: when chats had their last turn, in seconds; a chat that is not in it has had none for long.
        machine: that asks; chats that others are busy with are none of its business.

    Returns:
        The render, and whether other chats wait, too.
    """
    heads: dict[int, str] = {}
    last: sa.Row[tuple[str, int, float, bool]] | None = None
    async with database.connect() as connection:
        while len(heads) < CHATS_CONSIDERED:
            page = _page(list({*busy, *heads}), last)
            rows = (await connection.execute(page, {"machine": machine})).all()
            for row in rows:
                if row.may_begin:
                    heads.setdefault(row.chat_id, row.id)
            if len(rows) < PAGE:
                break
            last = rows[-1]
    if not heads:
        return None, False
    chat = min(heads, key=lambda head: turns.get(head, 0.0))
    return Next(heads[chat], chat), len(heads) > 1


def _page(
    passed: Collection[int], last: sa.Row[tuple[str, int, float, bool]] | None
) -> sa.Select[tuple[str, int, float, bool]]:
    """Select the next renders that wait, oldest first, and whether each may begin.

    What may begin is asked of a page alone: the database would find it out for all that wait, and sort them after that.

    Args:
        passed: chats that are of no interest.
        last: of the page before.
    """
    by_age = renders.c.created_at, renders.c.id
    query = sa.select(renders).where(WAITS, renders.c.chat_id.not_in(passed)).order_by(*by_age).limit(PAGE)
    if last is not None:
        query = query.where(renders.c.created_at >= last.created_at, sa.tuple_(*by_age) > (last.created_at, last.id))
    page = query.subquery()
    columns = (page.c.id, page.c.chat_id, page.c.created_at, may_begin(page).label("may_begin"))
    return sa.select(*columns).order_by(page.c.created_at, page.c.id)


async def place_of(database: AsyncEngine, render: Render) -> int:
    """Return how many renders are ahead of an open one."""
    earlier = sa.or_(
        renders.c.created_at < render.created_at,
        sa.and_(renders.c.created_at == render.created_at, renders.c.id < render.id),
    )
    async with database.connect() as connection:
        query = sa.select(sa.func.count()).where(IN_QUEUE, earlier)
        return (await connection.execute(query)).scalar_one()


async def moving_renders(database: AsyncEngine, first: int) -> list[Render]:
    """Return the open renders whose cards may have news: the first so many, and then others at work."""
    queue = sa.select(renders).where(IN_QUEUE).order_by(renders.c.created_at, renders.c.id)
    async with database.connect() as connection:
        ahead = [render_of(row) for row in (await connection.execute(queue.limit(first))).mappings()]
        if len(ahead) < first:
            return ahead
        at_work = (await connection.execute(queue.where(renders.c.stage != Stage.QUEUED))).mappings()
        known = {render.id for render in ahead}
        return ahead + [render_of(row) for row in at_work if row["id"] not in known]
