"""What Telegram's refusals mean, all in one table; `docs/telegram.md` tells what people read and what the bot does.

The words are those of the open Bot API server and of the service behind it; some come in capitals, some as sentences.
"""

from dataclasses import dataclass
from enum import Enum, auto

from telegram.error import BadRequest, Forbidden

from bot.render.audience import Barrier


class Means(Enum):
    """What a refusal means that is no barrier to the bot in its chat."""

    GONE = auto()
    """Nobody can be answered there any more."""
    FILE_GONE = auto()
    """Telegram does not know the file by that id any more."""
    TOPIC_GONE = auto()
    """The topic has been deleted; the chat is there."""
    REPLY_GONE = auto()
    """The message that is replied to has been deleted; the chat is there."""
    UNCHANGED = auto()
    """The message says that already."""
    NOT_EDITABLE = auto()
    """The message has been deleted, or can't be changed any more."""
    TOO_LATE = auto()
    """The press was answered too late: Telegram has stopped waiting."""
    SET_GONE = auto()
    """The sticker set is full, or has been deleted."""
    STRANGER = auto()
    """The person has not started the bot, or the account is deleted: nothing can be made in their name."""


@dataclass(frozen=True)
class Refusal:
    """What a refusal means by the words in it, lower case; the first one in the table that fits counts."""

    means: Means | Barrier
    words: tuple[str, ...]


REFUSALS = (
    Refusal(Means.UNCHANGED, ("message is not modified",)),
    Refusal(Means.TOO_LATE, ("query is too old", "query_id_invalid")),
    Refusal(
        Means.REPLY_GONE, ("message to be replied not found", "reply message not found", "reply_message_id_invalid")
    ),
    Refusal(Means.NOT_EDITABLE, ("message to edit not found", "message can't be edited", "message_id_invalid")),
    Refusal(Means.TOPIC_GONE, ("message thread not found", "topic_deleted", "topic_id_invalid")),
    Refusal(Barrier.TOPIC_CLOSED, ("topic_closed",)),
    Refusal(
        Barrier.PRIVACY,
        ("voice_messages_forbidden", "user restricted receiving of", "user_privacy_restricted"),
    ),
    Refusal(Barrier.FEE, ("allow_payment_required", "privacy_premium_required")),
    Refusal(Barrier.ADMINS_ONLY, ("need administrator rights", "chat_admin_required")),
    Refusal(
        Barrier.NO_WRITING,
        (
            "have no write access",
            "chat_write_forbidden",
            "chat_restricted",
            "chat_guest_send_forbidden",
            "chat_send_plain_forbidden",
            "not enough rights to send text messages",
            "have no rights to send a message",
            "user_banned_in_channel",
        ),
    ),
    Refusal(
        Barrier.NO_VIDEOS,
        (
            "chat_send_videos_forbidden",
            "chat_send_roundvideos_forbidden",
            "chat_send_stickers_forbidden",
            "chat_send_gifs_forbidden",
            "chat_send_media_forbidden",
            "chat_send_docs_forbidden",
            "send_media_forbidden",
            "send_videos_forbidden",
            "not enough rights",
            "have no rights",
        ),
    ),
    Refusal(
        Means.FILE_GONE,
        ("wrong file identifier", "wrong remote file", "file_reference", "failed to get http url content"),
    ),
    Refusal(Means.SET_GONE, ("stickerset_invalid", "stickers_too_much", "sticker set not found")),
    Refusal(Means.STRANGER, ("user not found", "user_id_invalid", "user_is_bot")),
    Refusal(
        Means.GONE,
        (
            "bot was blocked by the user",
            "user is deactivated",
            "bot was kicked",
            "bot is not a member",
            "the group chat was deleted",
            "group chat was deactivated",
            "chat not found",
            "bot can't initiate conversation",
            "can't send messages to",
            "peer_id_invalid",
            "input_user_deactivated",
            "user_is_blocked",
            "user_deleted",
            "channel_private",
        ),
    ),
)


def meaning_of(error: Exception) -> Means | Barrier | None:
    """Return what Telegram's own refusal means; None where it is none, or its words are unknown."""
    if not isinstance(error, BadRequest | Forbidden):
        return None
    said = str(error).lower()
    return next((each.means for each in REFUSALS if any(words in said for words in each.words)), None)


def is_refusal(error: Exception, means: Means) -> bool:
    """Return whether a refusal means this."""
    return meaning_of(error) is means
