"""The inbox: every update is a row from before Telegram is told that it arrived until it is handled.

A kill between the two loses nothing; an update that comes again finds its row and changes nothing. Updates of one
person in one chat are in the hand of one machine at a time, whichever got them from Telegram: so they keep their order.
"""

import json
import zlib
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from storage.clock import unix_now
from storage.database import for_one_statement, insert, take_turn
from storage.machines import ALIVE, is_free
from storage.tables import inbox

KEPT_SECONDS = 48 * 3600
"""How long a handled update is remembered: Telegram keeps undelivered ones for 24 h."""

Body = Mapping[str, Any]

UNDONE = inbox.c.done_at.is_(None)
OTHER = inbox.alias("other")
OF_TURN = sa.and_(OTHER.c.turn == sa.bindparam("of_turn"), OTHER.c.done_at.is_(None))
HELD_ELSEWHERE = sa.exists().where(OF_TURN, OTHER.c.owner != sa.bindparam("machine"), OTHER.c.owner.in_(ALIVE))
LEFT_OF_TURN = sa.exists().where(OF_TURN, is_free(OTHER.c.owner))
IS_OURS = sa.select(inbox.c.update_id).where(
    inbox.c.update_id == sa.bindparam("id"),
    UNDONE,
    inbox.c.owner.is_not_distinct_from(sa.bindparam("machine", type_=sa.String)),
)
DONE = (
    sa.update(inbox)
    .where(inbox.c.update_id == sa.bindparam("id"))
    .values(body=None, turn=None, owner=None, done_at=sa.bindparam("now"))
    .returning(LEFT_OF_TURN.label("left"))
)
CLAIM = (
    sa.update(inbox)
    .where(inbox.c.turn == sa.bindparam("of_turn"), UNDONE, is_free(inbox.c.owner), ~HELD_ELSEWHERE)
    .values(owner=sa.bindparam("machine"))
    .returning(inbox.c.update_id, inbox.c.body, inbox.c.tries)
)
TURNS_LEFT = sa.select(sa.func.coalesce(inbox.c.turn, "")).where(UNDONE, is_free(inbox.c.owner)).distinct()


def turn_of(body: Body) -> str:
    """Return whose turn an update is: a chat's and a person's; those of nobody share one."""
    what = next((each for each in body.values() if isinstance(each, dict)), {})
    message = what.get("message")
    chat = what.get("chat") or (message.get("chat") if isinstance(message, dict) else None)
    ids = [
        each.get("id", "") if isinstance(each, dict) else "" for each in (chat, what.get("from") or what.get("user"))
    ]
    return ":".join(str(each)[:31] for each in ids)


async def write_updates(database: AsyncEngine, bodies: Sequence[Body], machine: str | None = None) -> list[Body]:
    """Write updates down; return those that this machine is to handle now, each person's in order.

    Those of somebody whose earlier ones another machine has in hand are left to that one.
    """
    ours: list[Body] = []
    async with database.begin() as connection:
        for body in bodies:
            ours += await _write(connection, body, turn_of(body), machine)
    return ours


async def _write(connection: AsyncConnection, body: Body, turn: str, machine: str | None) -> list[Body]:
    await take_turn(connection, number_of(turn))
    row = {"update_id": body["update_id"], "text": json.dumps(body), "of_turn": turn, "now": unix_now()}
    added = (await connection.execute(_add(connection.dialect.name), {**row, "machine": machine})).first()
    if added is None:
        is_ours = await connection.execute(IS_OURS, {"id": body["update_id"], "machine": machine})
        return [body] if is_ours.first() else []
    if added.owner == machine:
        return [body]
    return [found for found, _ in await _claim(connection, turn, machine)]


@cache
def _add(dialect: str) -> sa.Executable:
    """Return the statement that writes an update, into this machine's hand where nobody is before it."""
    machine = sa.bindparam("machine", type_=sa.String)
    values = {
        "update_id": sa.bindparam("update_id"),
        "body": sa.bindparam("text"),
        "turn": sa.bindparam("of_turn"),
        "received_at": sa.bindparam("now"),
        "owner": sa.case((sa.or_(HELD_ELSEWHERE, LEFT_OF_TURN), sa.null()), else_=machine),
    }
    return insert(dialect, inbox).values(values).on_conflict_do_nothing().returning(inbox.c.owner)


async def _claim(connection: AsyncConnection, turn: str, machine: str | None) -> list[tuple[Body, int]]:
    rows = (await connection.execute(CLAIM, {"of_turn": turn, "machine": machine})).all()
    return [(json.loads(row.body), row.tries) for row in sorted(rows, key=lambda row: int(row.update_id))]


def number_of(turn: str) -> int:
    """Return by which number those who write updates of one turn take turns themselves."""
    return (0x656D6F << 32) | zlib.crc32(turn.encode())


async def take_turn_left(database: AsyncEngine, turn: str, machine: str) -> list[tuple[Body, int]]:
    """Take in hand the updates of one turn that no machine has that lives; return them in order.

    Returns:
        Each update, and how many machines may have begun it.
    """
    async with database.begin() as connection:
        await take_turn(connection, number_of(turn))
        return await _claim(connection, turn, machine)


async def take_left(database: AsyncEngine, machine: str) -> list[tuple[Body, int]]:
    """Take in hand all that no machine has that lives; return it in order, see `take_turn_left`."""
    async with database.begin() as connection:
        nameless = sa.update(inbox).where(UNDONE, inbox.c.turn.is_(None))  # of an older version
        await connection.execute(nameless.values(turn=""))
        turns = (await connection.execute(TURNS_LEFT)).scalars().all()
    found = [each for turn in turns for each in await take_turn_left(database, turn, machine)]
    return sorted(found, key=lambda each: int(each[0]["update_id"]))


async def note_try(database: AsyncEngine, update_id: int) -> None:
    """Note that one more machine begins an update."""
    change = sa.update(inbox).where(inbox.c.update_id == update_id).values(tries=inbox.c.tries + 1)
    async with for_one_statement(database) as connection:
        await connection.execute(change)


async def mark_handled(database: AsyncEngine, update_id: int, turn: str = "") -> bool:
    """Note that an update is handled, and delete its body; return whether others of its turn are in nobody's hand."""
    async with for_one_statement(database) as connection:
        row = (await connection.execute(DONE, {"id": update_id, "of_turn": turn, "now": unix_now()})).first()
    return row is not None and bool(row.left)


async def forget_old_updates(database: AsyncEngine) -> int:
    """Delete handled updates that cannot come again; returns how many."""
    old = sa.delete(inbox).where(inbox.c.done_at < unix_now() - KEPT_SECONDS)
    async with for_one_statement(database) as connection:
        return (await connection.execute(old)).rowcount
