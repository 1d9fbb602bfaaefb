"""The accounts at the service, as DASHSCOPE_API_KEY names them: one plain key, or `name:key,name:key`."""

import re
from dataclasses import dataclass, field

THE_ONE = "default"
"""What the account of a plain key is called."""

_NAME = re.compile(r"[A-Za-z0-9_-]{1,32}")
_KEY = re.compile(r"[\x21-\x7e]+")
_HOW = "several keys are written name:key,name:key, each of another account"


@dataclass(frozen=True)
class AccountKey:
    """One account: the name by which its tasks and its bill are known, and its key."""

    name: str
    key: str = field(repr=False)


def parse_account_keys(text: str) -> tuple[AccountKey, ...]:
    """Read one plain key, or `name:key[,name:key]`.

    Raises:
        ValueError: with what is wrong and what to do, never with a part of a key in it.
    """
    entries = [entry.strip() for entry in text.split(",")]
    if len(entries) == 1 and ":" not in text:
        return (AccountKey(THE_ONE, _checked(entries[0], "it")),)
    found: list[AccountKey] = []
    for place, entry in enumerate(entries, start=1):
        name, colon, key = (part.strip() for part in entry.partition(":"))
        if not colon or not _NAME.fullmatch(name):
            raise ValueError(f"entry {place} is not name:key; {_HOW}; a name is 1 to 32 of A-Z a-z 0-9 _ -")
        known = next((number for number, other in enumerate(found, start=1) if name == other.name), None)
        if known is not None:
            raise ValueError(f"entries {known} and {place} have the same name; give each account its own")
        known = next((number for number, other in enumerate(found, start=1) if key == other.key), None)
        if known is not None:
            raise ValueError(f"entries {known} and {place} have the same key; {_HOW}")
        found.append(AccountKey(name, _checked(key, f"the key of entry {place}")))
    return tuple(found)


def _checked(key: str, what: str) -> str:
    if not _KEY.fullmatch(key):
        wrong = "holds a blank or a letter that no key has" if key else "is empty"
        raise ValueError(f"{what} {wrong}; copy it anew from the Model Studio console")
    return key
