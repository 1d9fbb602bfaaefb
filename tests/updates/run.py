"""Sending drawn updates to a bot, and seeing that it lives and has marked each."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from typing import Any
from unittest.mock import patch

import sqlalchemy as sa

from storage.database import open_database
from storage.tables import inbox
from tests.stories.conftest import World
from tests.updates.draw import draw_updates

FIRST = 700_000_000
"""The number of the first drawn update, behind those that the sandbox makes itself."""


class Unmarked(AssertionError):
    """Some updates were not marked as handled; the text says which."""


@contextmanager
def without_handlers() -> Iterator[None]:
    """Let updates be read, written down and marked, and nobody answer them."""
    with patch("bot.app.register"):
        yield


async def send_all(world: World, way: str, count: int, *, handled: bool, seconds: float = 200) -> int:
    """Send a bot so many updates by polling or the webhook, and wait until each is marked; returns how many.

    Args:
        handled: the bot's handlers get them; else they are only read and written down.
        seconds: how long all of them may take.

    Raises:
        Unmarked: one was not.
        AssertionError: the bot ended, or answers nobody any more.
    """
    alice = world.person("Alice")
    alice.starts()
    first = FIRST + (1_000_000 if handled else 0)
    updates = draw_updates(count, first, [alice.chat.id])
    with nullcontext() if handled else without_handlers():
        async with world.bot(telegram_updates=way) as failed:
            for update in updates:
                world.telegram.redeliver(update)
            await all_marked(world, updates, seconds)
            assert not failed.done(), failed
    async with world.bot(telegram_updates=way):
        alice.sends("/help")
        await alice.sees("that's all")
    return len(updates)


async def all_marked(world: World, updates: Sequence[dict[str, Any]], seconds: float) -> None:
    """Wait until each of some updates is marked as handled. Raises Unmarked."""
    database = open_database(world.settings().database_url)
    numbers = {update["update_id"] for update in updates}
    within = inbox.c.update_id.between(min(numbers), max(numbers))
    done = sa.select(inbox.c.update_id).where(within, inbox.c.done_at.is_not(None))
    left = numbers
    try:
        async with asyncio.timeout(seconds):
            while left:
                async with database.connect() as connection:
                    left = numbers - set((await connection.execute(done)).scalars())
                await asyncio.sleep(0.1)
    except TimeoutError:
        kinds = [update for update in updates if update["update_id"] in left][:3]
        raise Unmarked(f"{len(left)} updates were not marked, such as {kinds}") from None
    finally:
        await database.dispose()
