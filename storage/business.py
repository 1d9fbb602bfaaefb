"""Connected business accounts, and their customers who wait for an answer."""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from storage.clock import unix_now
from storage.database import add_row, for_one_statement, put_row
from storage.tables import business_answers as answers
from storage.tables import business_connections as connections

UNKNOWN = 0
"""Stands for the message to a customer while it is on its way, and where nobody knows whether it arrived."""


@dataclass(frozen=True)
class Connection:
    """The row of one connected account: `user_id` owns it, and talks to the bot in `user_chat_id`."""

    id: str
    user_id: int
    user_chat_id: int
    may_reply: bool
    enabled: bool
    language: str | None


@dataclass(frozen=True)
class BusinessReply:
    """The row of one customer who waits: the agent answers by a reply to `notice_id`."""

    agent_chat_id: int
    notice_id: int
    connection_id: str
    customer_chat_id: int
    customer_name: str
    customer_language: str | None
    customer_message_id: int
    voice_message_id: int | None
    sent_message_id: int | None
    created_at: float


async def write_connection(database: AsyncEngine, connection: Connection) -> None:
    """Remember how a connection stands."""
    row = {name: getattr(connection, name) for name in Connection.__dataclass_fields__}
    async with for_one_statement(database) as transaction:
        await put_row(transaction, connections, row, *row)


async def read_connection(database: AsyncEngine, connection_id: str) -> Connection | None:
    """Return a connection, if it is known."""
    async with database.connect() as transaction:
        query = sa.select(connections).where(connections.c.id == connection_id)
        row = (await transaction.execute(query)).mappings().first()
    return Connection(**row) if row else None


async def waiting(database: AsyncEngine, connection_id: str, customer_chat_id: int) -> bool:
    """Return whether the agent has been told of this customer, and has not answered yet."""
    query = sa.select(answers.c.notice_id).where(
        answers.c.connection_id == connection_id,
        answers.c.customer_chat_id == customer_chat_id,
        answers.c.sent_message_id.is_(None),
    )
    async with database.connect() as transaction:
        return (await transaction.execute(query)).first() is not None


async def write_reply(database: AsyncEngine, reply: BusinessReply) -> None:
    """Note that a customer waits."""
    row = {name: getattr(reply, name) for name in BusinessReply.__dataclass_fields__}
    async with for_one_statement(database) as transaction:
        await add_row(transaction, answers, row)


async def find_reply(
    database: AsyncEngine, agent_chat_id: int, *, notice_id: int | None = None, voice_message_id: int | None = None
) -> BusinessReply | None:
    """Return the customer whom a notice is about, or whom a voice of the agent is for."""
    column, value = (answers.c.notice_id, notice_id) if notice_id else (answers.c.voice_message_id, voice_message_id)
    query = sa.select(answers).where(answers.c.agent_chat_id == agent_chat_id, column == value)
    async with database.connect() as transaction:
        row = (await transaction.execute(query)).mappings().first()
    return BusinessReply(**row) if row else None


async def unsent_replies(database: AsyncEngine, agent_chat_id: int, since: float, until: float) -> list[BusinessReply]:
    """Return the customers of an agent who wait since some time between two Unix times."""
    query = sa.select(answers).where(
        answers.c.agent_chat_id == agent_chat_id,
        answers.c.created_at.between(since, until),
        answers.c.sent_message_id.is_(None),
    )
    async with database.connect() as transaction:
        return [BusinessReply(**row) for row in (await transaction.execute(query)).mappings()]


async def change_reply(
    database: AsyncEngine, reply: BusinessReply, *, only_unsent: bool = False, **columns: Any
) -> bool:
    """Write some columns; return whether the condition held.

    Args:
        only_unsent: only while nothing is sent, nor on its way.
    """
    change = sa.update(answers).where(
        answers.c.agent_chat_id == reply.agent_chat_id, answers.c.notice_id == reply.notice_id
    )
    if only_unsent:
        change = change.where(answers.c.sent_message_id.is_(None))
    async with for_one_statement(database) as transaction:
        return (await transaction.execute(change.values(columns))).rowcount == 1


async def forget_old_replies(database: AsyncEngine, older_than: float) -> int:
    """Delete what was asked before a Unix time; returns how many."""
    async with for_one_statement(database) as transaction:
        return (await transaction.execute(sa.delete(answers).where(answers.c.created_at < older_than))).rowcount


def new_reply(
    connection: Connection, notice_id: int, customer: tuple[int, str, str | None], message_id: int
) -> BusinessReply:
    """Return a customer (chat, name, language) who waits since a message."""
    chat_id, name, language = customer
    place = (connection.user_chat_id, notice_id, connection.id)
    return BusinessReply(*place, chat_id, name[:128], language, message_id, None, None, unix_now())
