"""How much one person and one chat may ask for: beyond it nothing is fetched, nothing paid, and a kind word is said.

The word is said once a minute: who sends a thousand photos is not sent a thousand answers.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy.ext.asyncio import AsyncEngine
from telegram import Message

from handlers.texts import limits as texts
from handlers.transport.answering import answer, key_of
from storage.intake import sent_today
from storage.renders import count_open

QUIET_SECONDS = 60.0
MEGABYTE = 1_000_000


@dataclass
class Limits:
    """What is allowed: videos waiting for one person and in one chat; megabytes and files from one person a day.

    Each new photo is a paid look, so that files count, however small.
    """

    person_waiting: int = 5
    chat_waiting: int = 20
    person_daily_mb: int = 200
    person_daily_files: int = 100
    _told: dict[tuple[int, int], float] = field(default_factory=dict)

    async def allow(self, database: AsyncEngine, message: Message, sizes: Sequence[int]) -> bool:
        """Whether files of so many bytes are taken for a video; who sent too much is told, now and then."""
        key = key_of(message)
        waiting = await self.too_many_waiting(database, key.chat_id, key.user_id)
        return await self._allow(message, waiting or await self._day_full(database, key.user_id, sizes))

    async def allow_saving(self, database: AsyncEngine, message: Message, size: int) -> bool:
        """Whether a file of so many bytes is taken for no video just now."""
        return await self._allow(message, await self._day_full(database, key_of(message).user_id, [size]))

    async def too_many_waiting(self, database: AsyncEngine, chat_id: int, user_id: int) -> str | None:
        """What is said to who asks for one more video than may wait; None where it may."""
        in_chat, theirs = await count_open(database, chat_id, user_id)
        if theirs >= self.person_waiting:
            return texts.PERSON_WAITING(n=self.person_waiting)
        if in_chat >= self.chat_waiting:
            return texts.CHAT_WAITING(n=self.chat_waiting)
        return None

    async def _day_full(self, database: AsyncEngine, user_id: int, sizes: Sequence[int]) -> str | None:
        files, size = await sent_today(database, user_id)
        if files + len(sizes) > self.person_daily_files:
            return texts.DAY_FULL_OF_FILES(n=self.person_daily_files)
        if size + sum(sizes) > self.person_daily_mb * MEGABYTE:
            return texts.DAY_FULL(n=self.person_daily_mb)
        return None

    async def _allow(self, message: Message, text: str | None) -> bool:
        key = key_of(message)
        if text is None:
            return True
        now = time.monotonic()
        if now - self._told.get((key.chat_id, key.user_id), -QUIET_SECONDS) >= QUIET_SECONDS:
            self._told = {who: at for who, at in self._told.items() if now - at < QUIET_SECONDS}
            self._told[key.chat_id, key.user_id] = now
            await answer(message, text)
        return False
