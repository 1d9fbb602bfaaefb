"""Why a gate stays shut."""

from enum import StrEnum


class Denial(StrEnum):
    """Why somebody may not have what they ask for, or not yet."""

    ADMINS_ONLY = "admins_only"
    OPTED_OUT = "opted_out"
    SAID_NO = "said_no"
    NOT_ASKED = "not_asked"
    """Nobody has asked the owner of the photo yet."""
    NOT_ANSWERED = "not_answered"
    """The owner of the photo has been asked, and has not answered yet."""
    PERSON_WAITING = "person_waiting"
    CHAT_WAITING = "chat_waiting"
    DAY_FULL_OF_FILES = "day_full_of_files"
    DAY_FULL = "day_full"
    CHAT_DAY_FULL = "chat_day_full"
    DAY_FULL_FOR_ALL = "day_full_for_all"
    NO_ROOM = "no_room"
    BLOCKED = "blocked"
    NOT_LISTED = "not_listed"
    ACCESS_TO_ASK = "access_to_ask"
    """They may ask the admins for access, and have not."""
    ACCESS_ASKED = "access_asked"
    ACCESS_REFUSED = "access_refused"
    PAUSED = "paused"
    """The operator takes no new orders just now."""
