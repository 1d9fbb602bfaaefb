"""The cast: portraits that a chat keeps under names, and the presenters, which the operator keeps for everybody."""

import difflib
import hashlib
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from storage.clock import unix_now
from storage.database import add_row, for_one_statement
from storage.tables import cast

PRESENTERS = 0
"""The chat under which the presenters stand."""

LIMIT = 20
"""Portraits that a chat may keep."""

LONGEST_NAME = 32
LONGEST_KEY = 64
"""Characters of the column: normalising turns some characters into several."""

SIGNS = "-'’.·\u200c\u200d"
"""Characters that a name may have beside letters, digits, emoji and blanks; the last two join letters and emoji."""


class NameFault(StrEnum):
    """Why a name cannot be one."""

    EMPTY = "empty"
    TOO_LONG = "too_long"
    ODD = "odd"


class Saving(StrEnum):
    """What came of saving or renaming."""

    DONE = "done"
    TAKEN = "taken"
    FULL = "full"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Face:
    """The row of one portrait in the cast; `user_id` is who saved it, `chat_id` 0 makes it a presenter."""

    chat_id: int
    key: str
    name: str
    portrait_sha: str
    user_id: int
    created_at: float
    portrait_file: str | None = None
    portrait_owner_id: int | None = None
    used_at: float | None = None

    @property
    def is_presenter(self) -> bool:
        """Whether the operator provides it, for everybody."""
        return self.chat_id == PRESENTERS


@dataclass(frozen=True)
class Whose:
    """A portrait, what Telegram calls it, and whose it is."""

    sha: str
    file: str | None = None
    owner_id: int | None = None


def tidy_name(text: str) -> str:
    """Return a name as it is kept: in composed form, with single blanks."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def key_of_name(name: str) -> str:
    """Return the key of a name: the same for any case and for look-alike forms such as full-width letters."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", tidy_name(name)).casefold())


def fault_of(name: str) -> NameFault | None:
    """Return what is wrong with a tidied name, if anything.

    Only letters, digits, emoji and a few signs may be in it: no markup, nothing invisible, and nothing that Telegram
    turns into a command, a mention or a link.
    """
    kinds = {unicodedata.category(character) for character in name if character not in SIGNS + " "}
    if not name:
        return NameFault.EMPTY
    if any(kind[0] not in "LMN" and kind not in ("So", "Sk") for kind in kinds) or re.search(r"\w\.\w", name):
        return NameFault.ODD
    if not any(kind[0] in "LN" or kind == "So" for kind in kinds):
        return NameFault.ODD
    return NameFault.TOO_LONG if len(name) > LONGEST_NAME or len(key_of_name(name)) > LONGEST_KEY else None


def slug(name: str) -> str:
    """Return a name as a Telegram link can carry it: with `_` for blanks, or a fingerprint of other scripts."""
    if re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9 -]*", name):
        return name.replace(" ", "_")
    return "_" + hashlib.sha256(key_of_name(name).encode()).hexdigest()[:16]


async def faces(database: AsyncEngine, chat_id: int) -> list[Face]:
    """Return the faces of a chat, oldest first; of `PRESENTERS`, the presenters."""
    query = sa.select(cast).where(cast.c.chat_id == chat_id).order_by(cast.c.created_at, cast.c.key)
    async with database.connect() as connection:
        return [Face(**row) for row in (await connection.execute(query)).mappings()]


async def find_face(database: AsyncEngine, chat_id: int, name: str) -> Face | None:
    """Return the chat's own of that name, else the presenter of that name."""
    query = sa.select(cast).where(cast.c.chat_id.in_((chat_id, PRESENTERS)), cast.c.key == key_of_name(name))
    async with database.connect() as connection:
        found = [Face(**row) for row in (await connection.execute(query)).mappings()]
    return min(found, key=lambda member: member.is_presenter, default=None)


async def find_by_slug(database: AsyncEngine, chat_id: int, given: str) -> Face | None:
    """Return the face that a link means: the chat's own first, then the presenters."""
    for member in (*await faces(database, chat_id), *await faces(database, PRESENTERS)):
        if slug(member.name).casefold() == given.casefold():
            return member
    return None


def near(name: str, members: Sequence[Face]) -> list[str]:
    """Return known names that are similar to an unknown one."""
    names = {member.key: member.name for member in members}
    return [names[key] for key in difflib.get_close_matches(key_of_name(name), names, n=3, cutoff=0.5)]


async def save_face(database: AsyncEngine, chat_id: int, name: str, whose: Whose, user_id: int) -> Saving:
    """Keep a portrait under a name in a chat; the same again by the same person changes nothing."""
    row = Face(chat_id, key_of_name(name), name, whose.sha, user_id, unix_now(), whose.file, whose.owner_id)
    async with database.begin() as connection:
        known = await _read(connection, chat_id, row.key)
        if known is not None:
            same = (known.portrait_sha, known.user_id) == (whose.sha, user_id)
            return Saving.DONE if same else Saving.TAKEN
        count = sa.select(sa.func.count()).select_from(cast).where(cast.c.chat_id == chat_id)
        if (await connection.execute(count)).scalar_one() >= LIMIT:
            return Saving.FULL
        return Saving.DONE if await add_row(connection, cast, asdict(row)) else Saving.TAKEN


async def rename_face(database: AsyncEngine, member: Face, name: str) -> Saving:
    """Give a portrait another name."""
    key = key_of_name(name)
    change = sa.update(cast).where(cast.c.chat_id == member.chat_id, cast.c.key == member.key)
    try:
        async with for_one_statement(database) as connection:
            changed = (await connection.execute(change.values(key=key, name=name))).rowcount
    except sa.exc.IntegrityError:
        return Saving.TAKEN
    return Saving.DONE if changed else Saving.UNKNOWN


async def remove_face(database: AsyncEngine, member: Face) -> None:
    """Delete a face; its picture goes when nothing else needs it."""
    gone = sa.delete(cast).where(cast.c.chat_id == member.chat_id, cast.c.key == member.key)
    async with for_one_statement(database) as connection:
        await connection.execute(gone)


async def forget_unused_faces(database: AsyncEngine, before: float) -> int:
    """Delete faces that chats have saved, and that nobody has let speak since a Unix time; return how many."""
    last = sa.func.coalesce(cast.c.used_at, cast.c.created_at)
    async with database.begin() as connection:
        old = sa.delete(cast).where(cast.c.chat_id != PRESENTERS, last < before)
        return (await connection.execute(old)).rowcount


async def set_presenters(database: AsyncEngine, portraits: dict[str, str]) -> None:
    """Replace the presenters by these: each one's portrait by name."""
    now = unix_now()
    async with database.begin() as connection:
        await connection.execute(sa.delete(cast).where(cast.c.chat_id == PRESENTERS))
        rows = [Face(PRESENTERS, key_of_name(name), name, sha, 0, now) for name, sha in portraits.items()]
        if rows:
            await connection.execute(sa.insert(cast), [asdict(row) for row in rows])


async def _read(connection: AsyncConnection, chat_id: int, key: str) -> Face | None:
    query = sa.select(cast).where(cast.c.chat_id == chat_id, cast.c.key == key)
    row = (await connection.execute(query)).mappings().first()
    return Face(**row) if row else None
