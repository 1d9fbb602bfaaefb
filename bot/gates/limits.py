"""Limits: how much one person and one chat may ask for."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.gates.denial import Denial
from storage.situation import Situation

MEGABYTE = 1_000_000


@dataclass(frozen=True)
class Limits:
    """What is allowed: videos in the works for one person and in one chat; megabytes and files of one person a day.

    Each new photo is a paid look, so that files count, however small.
    """

    person_waiting: int = 5
    chat_waiting: int = 20
    person_daily_mb: int = 200
    person_daily_files: int = 100


def check_waiting(limits: Limits, situation: Situation) -> Denial | None:
    """Check whether a person may ask for one more video."""
    if situation.open_of_person >= limits.person_waiting:
        return Denial.PERSON_WAITING
    return Denial.CHAT_WAITING if situation.open_in_chat >= limits.chat_waiting else None


def check_day(limits: Limits, situation: Situation, sizes: Sequence[int]) -> Denial | None:
    """Check whether a person may send files of so many bytes today."""
    if not sizes:
        return None
    if situation.files_today + len(sizes) > limits.person_daily_files:
        return Denial.DAY_FULL_OF_FILES
    too_much = situation.bytes_today + sum(sizes) > limits.person_daily_mb * MEGABYTE
    return Denial.DAY_FULL if too_much else None
