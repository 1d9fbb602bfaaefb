"""Access: whom the operator lets use the bot at all."""

from dataclasses import dataclass
from typing import Literal

from bot.gates.denial import Denial
from storage.access import ALLOWED, ASKED, BLOCKED, REFUSED
from storage.situation import Situation


@dataclass(frozen=True)
class Access:
    """What the operator has set.

    Args:
        mode: everybody may; those who asked and were allowed; only those who are listed or were allowed.
        listed: ids of people and chats that always may.
        admins: ids of people who run the bot, and may as well.
    """

    mode: Literal["open", "ask", "listed"] = "open"
    listed: frozenset[int] = frozenset()
    admins: frozenset[int] = frozenset()

    def check(self, situation: Situation) -> Denial | None:
        """Check whether somebody may use the bot in a chat."""
        key = situation.key
        return self.judge(key.user_id, key.chat_id, situation.access, situation.chat_access)

    def judge(self, user_id: int, chat_id: int, said: str | None, said_of_chat: str | None) -> Denial | None:
        """Judge by what was said of a person and of the chat; a block is stronger than any list."""
        if user_id in self.admins:
            return None
        if BLOCKED in (said, said_of_chat):
            return Denial.BLOCKED
        if self.mode == "open" or {user_id, chat_id} & self.listed or ALLOWED in (said, said_of_chat):
            return None
        if self.mode == "listed":
            return Denial.NOT_LISTED
        return {REFUSED: Denial.ACCESS_REFUSED, ASKED: Denial.ACCESS_ASKED}.get(said or "", Denial.ACCESS_TO_ASK)
