"""Looks at photos that died with their machine: what was reserved for one is given back, or becomes its bill.

A look by a link of its own was made if that was fetched. Of an uploaded photo nobody can tell, so it counts as made, as
one does whose answer is lost; whose it is, its name says, as there is no link to say it.
"""

import secrets
from dataclasses import replace

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.book import Book
from storage.ledger import Look, note_look
from storage.machines import is_free
from storage.reservations import free
from storage.tables import links, reservations

UPLOADED = "look:"
ID_DIGITS = 16
"""Of a machine."""


def name_uploaded_look(machine: str | None) -> str:
    """Return what a look at an uploaded photo is known by."""
    return f"{UPLOADED}{machine or ''}:{secrets.token_hex(8)}"


async def settle_lost_looks(connection: AsyncConnection, book: Book, look: Look) -> None:
    """Settle the looks of machines that are gone whose links had ended before them, or that had none.

    Args:
        look: what one costs; which account made it, its reservation says.
    """
    reference = reservations.c.reference
    ended = sa.and_(links.c.key == reference, links.c.revoked_at.is_not(None), is_free(links.c.owner))
    await free(connection, sa.exists().where(ended, links.c.fetched_at.is_(None)))
    machine = sa.func.substr(reference, len(UPLOADED) + 1, ID_DIGITS)
    uploaded = sa.and_(reference.startswith(UPLOADED), is_free(machine))
    made = sa.or_(sa.exists().where(ended), uploaded)
    for key, account in (await connection.execute(sa.select(reference, reservations.c.account).where(made))).all():
        await note_look(connection, book, key, replace(look, account=account))
