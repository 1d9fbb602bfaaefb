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
SHORT_OF = {
    "person_day": Text(
        "That's more than I may spend for you today: it takes up to {needed} CNY, and {left} are left. "
        "Tomorrow there's more. /usage tells how much."
    ),
    "chat_day": Text(
        "That's more than I may spend in this chat today: it takes up to {needed} CNY, and {left} are left. "
        "Tomorrow there's more."
    ),
    "day": Text(
        "That's more than I may spend for everybody today: it takes up to {needed} CNY, and {left} are left. "
        "Tomorrow there's more."
    ),
    "month": Text(
        "That's more than I may spend this month: it takes up to {needed} CNY, and {left} are left. "
        "On the first of the next month there's more."
    ),
}
"""What is said when a budget has too little left, by its kind."""

PAUSED = Text("I take no new videos just now. Nothing that's in the works is lost. Please try again later.")
DAY_FULL_OF_FILES = Text(
    "That's as much as I can take from you in a day: {n} photo or voice message. Tomorrow there's room again.",
    "That's as much as I can take from you in a day: {n} photos and voice messages. Tomorrow there's room again.",
)
