"""Limits: how much one person and one chat may ask for."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncEngine

from bot.gates.denial import Denial
from storage.book import Book
from storage.intake import ALL_BYTES, BYTES, CHAT_BYTES, FILES, take_share
from storage.renders import Most, TooMany
from storage.situation import Situation

MEGABYTE = 1_000_000


@dataclass(frozen=True)
class Limits:
    """What is allowed: videos in the works for one person and in one chat; megabytes and files of a day.

    A file counts as what was sent or as what is kept of it, whichever is more; the day of all counts videos, too.
    Each new photo is a paid look, so that files count, however small.
    """

    person_waiting: int = 5
    chat_waiting: int = 20
    person_daily_mb: int = 200
    person_daily_files: int = 100
    chat_daily_mb: int = 1000
    daily_mb: int = 5000
    keep_free_mb: int = 1000

    @property
    def most(self) -> Most:
        """How many renders may wait, as the statement that writes one checks it."""
        return Most(self.person_waiting, self.chat_waiting)


def check_waiting(limits: Limits, situation: Situation) -> Denial | None:
    """Check whether a person may ask for one more video."""
    if situation.open_of_person >= limits.person_waiting:
        return Denial.PERSON_WAITING
    return Denial.CHAT_WAITING if situation.open_in_chat >= limits.chat_waiting else None


def denial_of(too_many: TooMany) -> Denial:
    """Return why a render was not taken that the check let through: others came at the same instant."""
    return Denial.PERSON_WAITING if too_many.of_person else Denial.CHAT_WAITING


def check_day(limits: Limits, situation: Situation, sizes: Sequence[int]) -> Denial | None:
    """Check whether a person may send files of so many bytes today."""
    if not sizes:
        return None
    if situation.files_today + len(sizes) > limits.person_daily_files:
        return Denial.DAY_FULL_OF_FILES
    for kept, most, denial in (
        (situation.bytes_today, limits.person_daily_mb, Denial.DAY_FULL),
        (situation.chat_bytes_today, limits.chat_daily_mb, Denial.CHAT_DAY_FULL),
        (situation.all_bytes_today, limits.daily_mb, Denial.DAY_FULL_FOR_ALL),
    ):
        if kept + sum(sizes) > most * MEGABYTE:
            return denial
    return None


async def take_day(
    database: AsyncEngine, book: Book, limits: Limits, situation: Situation, sizes: Sequence[int]
) -> Denial | None:
    """Count files of so many bytes, if the day has room; of all that come at one instant, only so many do."""
    if not sizes:
        return None
    payer = book.payer(situation.key.chat_id, situation.key.user_id)
    most = {FILES: limits.person_daily_files, BYTES: limits.person_daily_mb * MEGABYTE}
    most |= {CHAT_BYTES: limits.chat_daily_mb * MEGABYTE, ALL_BYTES: limits.daily_mb * MEGABYTE}
    full = await take_share(database, book, payer, sizes, most)
    return FULL[full] if full else None


FULL = {
    FILES: Denial.DAY_FULL_OF_FILES,
    BYTES: Denial.DAY_FULL,
    CHAT_BYTES: Denial.CHAT_DAY_FULL,
    ALL_BYTES: Denial.DAY_FULL_FOR_ALL,
}


def check_room(limits: Limits, free: int) -> Denial | None:
    """Check whether the disk has room for another file; half of what is to stay free is for videos that are paid for.

    Args:
        free: bytes.
    """
    return Denial.NO_ROOM if free < limits.keep_free_mb * MEGABYTE // 2 else None
