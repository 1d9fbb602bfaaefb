"""Rights: who may use the bot in a chat."""

from collections.abc import Awaitable, Callable

from bot.gates.denial import Denial
from storage.situation import Situation


async def check_rights(situation: Situation, is_admin: Callable[[], Awaitable[bool]]) -> Denial | None:
    """Check whether a person may use the bot where they are.

    Args:
        is_admin: asks whether they run the chat; only where that decides.
    """
    if situation.key.is_private or situation.choices.who == "all" or await is_admin():
        return None
    return Denial.ADMINS_ONLY
