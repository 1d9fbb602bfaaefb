"""Budgets of a run, and whether they were kept to the last coin."""

from dataclasses import astuple
from decimal import Decimal

import sqlalchemy as sa

from bot.gates.money import Budgets
from storage.book import money
from storage.database import open_database
from storage.reservations import DAY, MONTH
from storage.tables import counts
from storage.tasks import UNSURE
from tests.faults.database import Database
from tests.storage.budgets import wrong_sums

VIDEO, RESERVED = Decimal("0.082"), Decimal("0.16")
"""CNY that a video of the run costs, with its share of the looks; and what is reserved for one."""


def tight_budgets(renders: int) -> Budgets:
    """Return budgets that take four days and two months for so many videos."""
    all_of_them = renders * VIDEO
    day = (all_of_them * Decimal("0.31")).quantize(RESERVED) + RESERVED
    month = (all_of_them * Decimal("0.56")).quantize(RESERVED) + RESERVED
    return Budgets(day, month, max(day / 2, RESERVED * 4), max(day / 2, RESERVED * 4))


def settings_of(budgets: Budgets) -> dict[str, str]:
    """Return the bot's settings for budgets."""
    names = ("BUDGET_DAY", "BUDGET_MONTH", "PERSON_BUDGET_DAY", "CHAT_BUDGET_DAY")
    return {name: str(amount) for name, amount in zip(names, astuple(budgets), strict=True)}


async def check_budgets(database: Database, budgets: Budgets) -> tuple[dict[str, object], list[str]]:
    """Return figures on what was spent of budgets, and whatever is not as exact as is promised."""
    opened = open_database(database.url)
    try:
        broken = await wrong_sums(opened)
        limits = budgets.limits()
        async with opened.connect() as connection:
            rows = (await connection.execute(sa.select(counts).order_by(counts.c.period))).all()
    finally:
        await opened.dispose()
    broken += [
        f"{money(row.used)} of {money(limits[row.kind])} CNY: {row.kind} {row.who} {row.period}"
        for row in rows
        if row.used > limits.get(row.kind, row.used)
    ]
    spent = {kind: [row for row in rows if row.kind == kind and row.used] for kind in (DAY, MONTH)}
    if len(spent[DAY]) < 3 or len(spent[MONTH]) < 2:
        broken.append("no midnight or no month's end came: the budgets were not tight")
    figures: dict[str, object] = {
        f"spent, by {kind} (CNY)": ", ".join(
            f"{row.period} {money(row.used)} of {money(limits[kind])}" for row in spent[kind]
        )
        for kind in spent
    }
    unknown = f"SELECT count(*) AS number FROM tasks WHERE state = '{UNSURE}'"
    left = database.read("SELECT reference FROM reservations")
    figures["reservations left, and orders of unknown fate"] = f"{len(left)}, {database.read(unknown)[0]['number']}"
    broken += left_behind(database)
    return figures, broken


def left_behind(database: Database) -> list[str]:
    """Return what is still reserved, though it is known what became of it."""
    fates = {
        f"{row['render_id']}:{row['part']}:{row['attempt']}": row["state"]
        for row in database.read("SELECT render_id, part, attempt, state FROM tasks")
    }
    left = [row["reference"] for row in database.read("SELECT reference FROM reservations")]
    return [f"still reserved: {name}, {fates.get(name)}" for name in left if fates.get(name) != UNSURE]
