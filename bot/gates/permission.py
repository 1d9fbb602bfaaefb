"""Permission: whose photo it is, and what they said about its use."""

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncEngine

from bot.gates.denial import Denial
from storage.consents import read_consent
from storage.people import read_preferences
from storage.situation import Situation


@dataclass(frozen=True)
class Photo:
    """A photo in a chat.

    Args:
        unique_id: what Telegram calls the picture, wherever it is sent.
        owner_id: who posted it; None: a bot, whose pictures everybody may use.
        is_here: whether it was posted in this chat; else nobody can be asked, and who brings it answers for it.
    """

    unique_id: str
    owner_id: int | None
    is_here: bool = True


async def check_permission(database: AsyncEngine, situation: Situation, photo: Photo) -> Denial | None:
    """Check whether a person may use a photo: their own, a bot's, any in their private chat, or one that is allowed.

    An opt-out holds whatever was allowed before, and where nobody is asked.
    """
    key = situation.key
    if key.is_private or photo.owner_id is None or photo.owner_id == key.user_id:
        return None
    if (await read_preferences(database, photo.owner_id)).opted_out_at is not None:
        return Denial.OPTED_OUT
    if not situation.choices.consent or not photo.is_here:
        return None
    consent = await read_consent(database, key.chat_id, photo.unique_id)
    if consent is None:
        return Denial.NOT_ASKED
    if consent.answer is None:
        return Denial.NOT_ANSWERED
    return None if consent.answer == "allow" else Denial.SAID_NO
