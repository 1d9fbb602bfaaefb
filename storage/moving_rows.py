"""Copying all rows of a SQLite database to an empty PostgreSQL: in one transaction, and compared before it ends."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from storage.machines import LEASE, OLD_LOCK, clock
from storage.tables import compatibility, machines, metadata

BATCH = 500
MOVED = [table for table in metadata.sorted_tables if table not in (machines, compatibility)]
"""Without the lives of processes, for no machine of the one lives on the other, and without what says of both alike
which versions they suit."""


class Unmoved(Exception):
    """Rows were not moved; nothing has changed; the text says why and what to do."""


def copy_rows(source: sa.Connection, target: sa.Connection) -> dict[str, int]:
    """Copy the rows of all tables into a transaction of the target; return how many each table has.

    Rows that are there already are compared: after a kill between its commit and what follows, this is called again.

    Raises:
        Unmoved: the target has other rows, a bot works on it, or a row did not come through as it was.
    """
    if not target.execute(sa.select(sa.func.pg_try_advisory_xact_lock(OLD_LOCK))).scalar() or _lives(target):
        raise Unmoved("a bot works on the database of DATABASE_URL: stop it")
    counts = {table.name: _count(source, table) for table in MOVED}
    if not any(_count(target, table) for table in MOVED):
        for table in MOVED:
            _copy(source, target, table)
    for table in MOVED:
        if (_count(target, table), digest(target, table)) != (counts[table.name], digest(source, table)):
            raise Unmoved(
                f"the database of DATABASE_URL has other rows in its table {table.name} than the one that is moved: "
                "name an empty database"
            )
    return counts


def digest(connection: sa.Connection, table: sa.Table) -> str:
    """Return a hash over all rows of a table, in whatever order they come."""
    total = 0
    for rows in _batches(connection, table):
        for row in rows:
            text = json.dumps([_plain(value) for value in row], ensure_ascii=False)
            total += int.from_bytes(hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest())
    return f"{total % 2**256:064x}"


def _copy(source: sa.Connection, target: sa.Connection, table: sa.Table) -> None:
    for rows in _batches(source, table):
        try:
            target.execute(sa.insert(table), [dict(zip(table.c.keys(), row, strict=True)) for row in rows])
        except sa.exc.DBAPIError as error:
            raise Unmoved(f"PostgreSQL does not take the rows of the table {table.name}: {error.orig}") from error
    for column in table.primary_key:
        if isinstance(column.type, sa.Integer) and table.autoincrement_column is column:
            top = sa.select(sa.func.coalesce(sa.func.max(column), 0)).scalar_subquery()
            sequence = sa.func.pg_get_serial_sequence(table.name, column.name)
            if target.execute(sa.select(sequence)).scalar():
                target.execute(sa.select(sa.func.setval(sequence, top + 1, False)))


def _batches(connection: sa.Connection, table: sa.Table) -> Iterator[Sequence[sa.Row[Any]]]:
    """Yield all rows, a batch at a time."""
    with connection.execution_options(yield_per=BATCH).execute(sa.select(table)) as result:
        yield from result.partitions()


def _lives(target: sa.Connection) -> bool:
    """Whether a machine works on the target; one that was killed has 10 s to give a sign of life."""
    alive = machines.c.seen_at > clock("postgresql") - LEASE
    return target.execute(sa.select(machines.c.id).where(alive)).first() is not None


def _count(connection: sa.Connection, table: sa.Table) -> int:
    return connection.execute(sa.select(sa.func.count()).select_from(table)).scalar() or 0


def _plain(value: object) -> object:
    """Return a value as both databases give it: numbers differ in their form, not in what they are."""
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, float | Decimal):
        return f"{Decimal(str(value)).normalize():f}"
    if isinstance(value, bytes | memoryview):
        return bytes(value).hex()
    return value
