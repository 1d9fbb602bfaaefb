"""What the tables share: the schema, times, and what a column names."""

from typing import Any

import sqlalchemy as sa

metadata = sa.MetaData()

Time = sa.Double

CHAT, PERSON, OWNER, FILE = {"names": "chat"}, {"names": "person"}, {"names": "owner"}, {"names": "file"}
"""The `info` of a column that names a chat, a person, whose face or voice it is, or a file that is kept for as long as
the row is.

A chat's column may hold a person's id, which is also that of the private chat. A person's may hold a group's id: an
anonymous admin speaks in the group's name.
"""

BY_ITSELF = {"forget": "by itself"}
"""The `info` of a table that `storage.forget` handles separately: it holds files, updates or money."""


def columns_naming(*what: dict[str, str], table: sa.Table | None = None) -> list[sa.Column[Any]]:
    """Return the columns that name a chat, a person, an owner or a file; of one table, or of all."""
    tables = metadata.sorted_tables if table is None else [table]
    return [column for each in tables for column in each.c if column.info in what]
