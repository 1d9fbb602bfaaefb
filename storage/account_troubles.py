"""Troubles of accounts, as any machine has met them, until any machine's order shows that they have passed.

When something was seen is told as so many seconds ago: clocks of machines differ, the database's is one.
"""

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from storage.database import for_one_statement, insert
from storage.machines import clock
from storage.tables import account_troubles as troubles


@dataclass(frozen=True)
class Trouble:
    """Why an account cannot be used.

    Args:
        advice: what to do.
        refuses_orders: that it looks at photos does not say that it is mended.
        ago: seconds since it was last met.
    """

    account: str
    reason: str
    advice: str
    refuses_orders: bool
    ago: float


async def read_troubles(database: AsyncEngine) -> list[Trouble]:
    """Return what is known, in the order of the accounts' names."""
    ago = (clock(database.dialect.name) - troubles.c.seen_at).label("ago")
    columns = (troubles.c.account, troubles.c.reason, troubles.c.advice, troubles.c.refuses_orders, ago)
    query = sa.select(*columns).order_by(troubles.c.account, troubles.c.reason)
    async with database.connect() as connection:
        return [Trouble(*row) for row in await connection.execute(query)]


async def note_trouble(database: AsyncEngine, trouble: Trouble) -> None:
    """Write down what was met; that orders are refused is not forgotten by a look that is refused, too."""
    dialect = database.dialect.name
    row = {
        "account": trouble.account,
        "reason": trouble.reason,
        "advice": trouble.advice,
        "refuses_orders": trouble.refuses_orders,
    }
    statement = insert(dialect, troubles).values(row | {"seen_at": clock(dialect) - trouble.ago})
    new = statement.excluded
    changes = {
        "advice": new.advice,
        "refuses_orders": sa.or_(troubles.c.refuses_orders, new.refuses_orders),
        "seen_at": new.seen_at,
    }
    async with for_one_statement(database) as connection:
        await connection.execute(statement.on_conflict_do_update(index_elements=["account", "reason"], set_=changes))


async def forget_troubles(database: AsyncEngine, account: str, ago: float, *, order: bool) -> None:
    """Forget what was met before an account has worked.

    Args:
        ago: seconds since it has.
        order: it has taken an order; else it has only looked at a photo.
    """
    passed = sa.and_(troubles.c.account == account, troubles.c.seen_at < clock(database.dialect.name) - ago)
    if not order:
        passed = sa.and_(passed, troubles.c.refuses_orders.is_(False))
    async with for_one_statement(database) as connection:
        await connection.execute(sa.delete(troubles).where(passed))
