"""Machines: the processes that work on one database, and which of them live.

A machine is one life of a process, and its row is its life: whoever finds a row without a sign of life for `LEASE`
seconds deletes it, and what it had in hand is anybody's. A life that was given up never comes back, so nothing that it
still does can be taken for its successor's. All is judged by the database's clock: those of the machines may differ.
"""

import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from storage.clock import hear, monotonic
from storage.database import DatabaseError, insert, take_turn
from storage.tables import claims, machines

LEASE = 10.0
"""Seconds without a sign of life after which a machine is given up."""

BEAT = 2.0
"""Seconds between two signs of life."""

START_TURN = 0x656D6F76
OLD_LOCK = 0x656D6F75
"""Held by a version that wants the database for itself alone."""

ALIVE = sa.select(machines.c.id)


@dataclass(frozen=True)
class Company:
    """The machines that live, as one of them sees them.

    Args:
        rank: how many of them are older; 0 leads.
        ids: of all, itself among them, oldest first.
        versions: of their workflows.
        misses: what each of them does not reach.
    """

    rank: int = 0
    ids: tuple[str, ...] = ("",)
    versions: frozenset[str] = frozenset()
    misses: Mapping[str, frozenset[str]] = field(default_factory=dict)

    @property
    def count(self) -> int:
        """How many they are."""
        return len(self.ids)

    def others_reach(self, names: Collection[str]) -> frozenset[str]:
        """Return which of these another one reaches."""
        return reached(names, [misses for each, misses in self.misses.items() if each != self.ids[self.rank]])


def reached(names: Collection[str], misses: Collection[frozenset[str]]) -> frozenset[str]:
    """Return which of these are reached by one machine at least, from what each of some does not reach."""
    return frozenset(name for name in names if any(name not in missed for missed in misses))


def is_free(owner: sa.ColumnElement[Any]) -> sa.ColumnElement[bool]:
    """Match what no machine that lives has in hand."""
    return sa.or_(owner.is_(None), owner.not_in(ALIVE))


async def read_clock(database: AsyncEngine) -> float:
    """Return what the database's clock says, for who does not live among the machines."""
    async with database.connect() as connection:
        return (await connection.execute(sa.select(clock(database.dialect.name)))).scalar_one()


def clock(dialect: str) -> sa.ColumnElement[float]:
    """Return the database's clock, in Unix seconds."""
    if dialect == "postgresql":
        return sa.cast(sa.extract("epoch", sa.func.clock_timestamp()), sa.Double)
    return (sa.func.julianday("now") - 2440587.5) * 86400.0


async def join(database: AsyncEngine, name: str, version: str, tables: str) -> str:
    """Begin a life; return its id. On SQLite there is nobody else: the lock of the folder says so.

    Args:
        name: host and process, for the operator.
        version: of its workflows.
        tables: the newest version of the tables that it knows.

    Raises:
        DatabaseError: a version works on it that wants it for itself alone.
    """
    made, dialect = secrets.token_hex(8), database.dialect.name
    async with database.begin() as connection:
        if dialect == "sqlite":
            await connection.execute(sa.delete(machines))
        elif not (await connection.execute(sa.select(sa.func.pg_try_advisory_xact_lock_shared(OLD_LOCK)))).scalar():
            raise DatabaseError("an emobot of an older version works on this database: stop it, and start this again")
        await take_turn(connection, START_TURN)
        number = sa.select(sa.func.coalesce(sa.func.max(machines.c.number), 0) + 1).scalar_subquery()
        row = {"id": made, "number": number, "name": name[:128], "version": version, "tables": tables}
        await connection.execute(sa.insert(machines).values(row | {"seen_at": clock(dialect)}))
    return made


async def beat(database: AsyncEngine, machine_id: str, misses: Collection[str] = (), *, bury: bool) -> Company | None:
    """Give a sign of life, and hear what the database's clock says; return who lives, or None: this life was given up.

    Args:
        misses: what this machine does not reach.
        bury: give up those without a sign of life for too long. Their rows are locked by their own signs, so that one
            is either given up or gives its sign, never both.
    """
    now = clock(database.dialect.name)
    async with database.begin() as connection:
        mine = machines.c.id == machine_id
        sign = sa.update(machines).where(mine).values(seen_at=now, misses=",".join(sorted(misses)))
        if (await connection.execute(sign)).rowcount == 0:
            return None
        if bury:
            await connection.execute(sa.delete(machines).where(machines.c.seen_at < now - LEASE))
        return await _company(connection, machine_id)


async def _company(connection: AsyncConnection, machine_id: str) -> Company:
    named = (machines.c.id, machines.c.version, machines.c.misses)
    query = sa.select(*named, clock(connection.dialect.name).label("now")).order_by(machines.c.number)
    asked_at = monotonic()
    rows = (await connection.execute(query)).all()
    hear(rows[0].now, asked_at)
    ids, misses = tuple(row.id for row in rows), {row.id: _names_in(row.misses) for row in rows}
    return Company(ids.index(machine_id), ids, frozenset(row.version for row in rows), misses)


async def reached_by_others(database: AsyncEngine, names: Collection[str]) -> frozenset[str]:
    """Return which of these a machine that lives reaches, for one that has not joined them yet."""
    living = machines.c.seen_at >= clock(database.dialect.name) - LEASE
    async with database.connect() as connection:
        rows = (await connection.execute(sa.select(machines.c.misses).where(living))).scalars()
        return reached(names, [_names_in(row) for row in rows])


def _names_in(misses: str) -> frozenset[str]:
    return frozenset(filter(None, misses.split(",")))


def names_of_older(connection: sa.Connection, tables: str) -> list[str]:
    """Return the names of the machines that live and do not know these tables, by their version."""
    if connection.dialect.name == "sqlite":
        return []  # whoever opens it is alone
    lives = machines.c.seen_at >= clock(connection.dialect.name) - LEASE
    query = sa.select(machines.c.name).where(machines.c.tables < tables, lives).order_by(machines.c.number)
    return list(connection.execute(query).scalars())


async def leave(database: AsyncEngine, machine_id: str) -> None:
    """End a life: what it had in hand is anybody's at once."""
    async with database.begin() as connection:
        await connection.execute(sa.delete(machines).where(machines.c.id == machine_id))
        await connection.execute(sa.delete(claims).where(claims.c.owner == machine_id))


async def take_claim(database: AsyncEngine, key: str, machine_id: str) -> bool:
    """Claim something that one machine does at a time; False: another one that lives has it."""
    statement = insert(database.dialect.name, claims).values(key=key, owner=machine_id)
    is_over = sa.or_(claims.c.owner == machine_id, claims.c.owner.not_in(ALIVE))
    taken = statement.on_conflict_do_update(index_elements=["key"], set_={"owner": machine_id}, where=is_over)
    async with database.begin() as connection:
        return (await connection.execute(taken.returning(claims.c.key))).first() is not None


async def drop_claim(database: AsyncEngine, key: str, machine_id: str) -> None:
    """Let others do it."""
    async with database.begin() as connection:
        await connection.execute(sa.delete(claims).where(claims.c.key == key, claims.c.owner == machine_id))
