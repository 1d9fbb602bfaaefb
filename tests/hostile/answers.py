"""What the bot said to a file, by a name that a table can show."""

import re

from handlers import texts
from handlers.texts import endings
from handlers.texts.language import Text

OTHERS: dict[str, Text] = {
    "photo taken": texts.PHOTO_KEPT,
    "photo taken, not looked at": texts.PHOTO_KEPT_UNSEEN,
    "voice taken": texts.VOICE_KEPT,
    **{f"no use for that kind: {what}": text for what, text in texts.NO_USE_OF.items()},
    "no use for that kind": texts.NO_USE,
    "neither picture nor sound": texts.FILE_OF_NO_USE,
    "unreachable": texts.FILE_UNREACHABLE,
    "no room": texts.NO_ROOM,
    "went wrong": texts.WENT_WRONG,
    "photo refused": endings.PHOTO_REFUSED,
}
TAKEN = ("photo taken", "photo taken, not looked at", "voice taken", "voice_too_long")
"""Something was found in the file."""
WRONG = ("went wrong", "unreachable", "no room", "photo taken, not looked at", "other words")
"""No file alone may bring about these."""


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\\\{[^}]*\\\}", ".*", re.escape(text)), re.DOTALL)


_PATTERNS = {name: _pattern(text.one) for name, text in OTHERS.items()}
_PATTERNS |= {str(code): _pattern(text.one) for code, text in endings.REFUSED.items()}
_PATTERNS |= {reason.value: _pattern(texts.UNFIT[reason].one) for reason in texts.UNFIT}


def name_answer(said: str) -> str:
    """The name of an answer, whatever its file is called; "other words" for what is in no table."""
    named = _pattern(texts.FILE_NAMED.one.replace("{why}", "")).match(said)
    why = said[named.end() :] if named else said
    return next((name for name, pattern in _PATTERNS.items() if pattern.match(why)), "other words")


def is_notice(said: str) -> bool:
    """Whether it is only what everybody is told first: where files go."""
    return said.startswith((texts.FILES_GO_OUT.one.partition("{")[0], texts.FILES_STAY.one.partition("{")[0]))
