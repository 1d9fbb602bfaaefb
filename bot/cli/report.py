"""`emobot report`: what was spent in a month, by day, chat, person, account or model, as a table or as CSV."""

import asyncio
import csv
import io
from decimal import Decimal

import sqlalchemy as sa

from bot.errors import OperatorError
from bot.settings import Settings
from storage.book import Book, month_of
from storage.database import open_database
from storage.machines import read_clock
from storage.spending import Entry, Sum, entries, held, sums, total

COLUMNS = ("looks", "videos", "seconds", "CNY")
SHORT = 12
"""Digits of a hash that a table shows; CSV has all of them."""

UNKNOWN = "-"


def report(settings: Settings, month: str | None, by: str, as_csv: bool) -> str:
    """Return the report of a month; this one if none is named.

    Raises:
        OperatorError: the database cannot be read.
    """
    return asyncio.run(_report(settings, month, by, as_csv))


async def _report(settings: Settings, month: str | None, by: str, as_csv: bool) -> str:
    database = open_database(settings.database_url)
    try:
        month = month or month_of(Book(zone=settings.timezone).day(await read_clock(database)))
        found = await entries(database, month, f"{month}-31")
        open_ = await held(database, month) if found or not as_csv else Decimal(0)
    except sa.exc.DBAPIError as error:
        raise OperatorError(
            f"the ledger cannot be read ({str(error.orig).strip()}): see that DATA_DIR or DATABASE_URL is right, "
            "and that this version of the bot has run there"
        ) from error
    finally:
        await database.dispose()
    if as_csv:
        return to_csv(found, by)
    return to_table(found, by, month, open_)


def key_of(entry: Entry, by: str) -> str | None:
    """Return what an entry is counted under."""
    found: str | None = getattr(entry, by)
    return found


def to_csv(found: list[Entry], by: str) -> str:
    """Return the sums as CSV, with a line of names."""
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\n")
    writer.writerow([by, *COLUMNS])
    for name, each in sorted(sums(found, lambda entry: key_of(entry, by)).items()):
        writer.writerow([name, each.looks, each.videos, each.seconds, each.amount])
    return written.getvalue()


def to_table(found: list[Entry], by: str, month: str, open_: Decimal) -> str:
    """Return the sums as a table, dearest first but days in their order, with the sum of all below."""
    by_name = sums(found, lambda entry: key_of(entry, by))
    order = sorted(by_name.items(), key=lambda item: item[0] if by == "day" else (-item[1].amount, item[0]))
    shown = [(name[:SHORT] if by in ("chat", "person") else name, each) for name, each in order]
    rows = [(by, *COLUMNS), *((name or UNKNOWN, *_cells(each)) for name, each in shown), (month, *_cells(total(found)))]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = [
        "  ".join(
            [row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))]
        )
        for row in rows
    ]
    lines.insert(-1, "-" * len(lines[0]))
    if open_:
        lines.append(f"and up to {open_.normalize():f} CNY reserved for what is not billed yet")
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _cells(each: Sum) -> tuple[str, str, str, str]:
    return str(each.looks), str(each.videos), f"{each.seconds:.1f}", f"{each.amount:.3f}"
