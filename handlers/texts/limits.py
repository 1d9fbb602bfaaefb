"""How much one person and one chat may ask for."""

from handlers.texts.language import Text

PERSON_WAITING = Text(
    "{n} video of yours is in the works already. Send this again when it's there.",
    "{n} videos of yours are in the works already. Send this again when one is there.",
)
CHAT_WAITING = Text(
    "{n} video of this chat is in the works already. Send this again when it's there.",
    "{n} videos of this chat are in the works already. Send this again when one is there.",
)
DAY_FULL = Text(
    "That's as much as I can take from you in a day: {n} megabyte. Tomorrow there's room again.",
    "That's as much as I can take from you in a day: {n} megabytes. Tomorrow there's room again.",
)
CHAT_DAY_FULL = Text(
    "That's as much as I can take from this chat in a day: {n} megabyte. Tomorrow there's room again.",
    "That's as much as I can take from this chat in a day: {n} megabytes. Tomorrow there's room again.",
)
DAY_FULL_FOR_ALL = Text(
    "So many people have sent me files today that I can't take any more. Tomorrow there's room again: please send this "
    "then. What is in the works already will still come."
)
DAY_FULL_OF_FILES = Text(
    "That's as much as I can take from you in a day: {n} photo or voice message. Tomorrow there's room again.",
    "That's as much as I can take from you in a day: {n} photos and voice messages. Tomorrow there's room again.",
)
