"""How much one person and one chat may ask for: beyond it nothing is fetched, nothing paid, and a kind word is said.

The word is said once a minute: who sends a thousand photos is not sent a thousand answers.
"""

import time
from dataclasses import dataclass, field

from sqlalchemy.ext.asyncio import AsyncEngine
from telegram import Message

from handlers.answering import answer, key_of
from handlers.texts import limits as texts
from storage.intake import bytes_today
from storage.renders import open_renders

QUIET_SECONDS = 60.0
MEGABYTE = 1_000_000


@dataclass
class Limits:
    """What is allowed: videos waiting for one person and in one chat, and megabytes from one person a day."""

    person_waiting: int = 5
    chat_waiting: int = 20
    person_daily_mb: int = 200
    _told: dict[tuple[int, int], float] = field(default_factory=dict)

    async def allow(self, engine: AsyncEngine, message: Message, size: int) -> bool:
        """Whether a message with a file of so many bytes is taken; who sent too much is told, now and then."""
        key = key_of(message)
        text = await self.too_much(engine, key.chat_id, key.user_id, size)
        if text is None:
            return True
        now = time.monotonic()
        if now - self._told.get((key.chat_id, key.user_id), -QUIET_SECONDS) >= QUIET_SECONDS:
            self._told = {who: at for who, at in self._told.items() if now - at < QUIET_SECONDS}
            self._told[key.chat_id, key.user_id] = now
            await answer(message, text)
        return False

    async def too_much(self, engine: AsyncEngine, chat_id: int, user_id: int, size: int = 0) -> str | None:
        """What is said to who asks for more than there is room for; None where there is."""
        waiting = await open_renders(engine, chat_id)
        if sum(render.user_id == user_id for render in waiting) >= self.person_waiting:
            return texts.PERSON_WAITING(n=self.person_waiting)
        if len(waiting) >= self.chat_waiting:
            return texts.CHAT_WAITING(n=self.chat_waiting)
        if await bytes_today(engine, user_id) + size > self.person_daily_mb * MEGABYTE:
            return texts.DAY_FULL(n=self.person_daily_mb)
        return None
