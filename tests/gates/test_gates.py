"""Each gate lets through whom it should, and says why it stays shut."""

from dataclasses import replace

import pytest

from bot.gates.denial import Denial
from bot.gates.limits import Limits, check_day, check_room, check_waiting
from bot.gates.rights import check_rights
from storage.choices import Choices
from storage.drafts import Draft, DraftKey
from storage.people import PersonPreferences
from storage.situation import Situation

ALICE, BOB, GROUP = 5, 6, -100


def situation(chat_id: int = GROUP, **facts: object) -> Situation:
    key = DraftKey(chat_id, ALICE)
    nothing = Situation(key, Choices(chat_id), PersonPreferences(ALICE), Draft(key), None, None)
    return replace(nothing, **facts)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("chat_id", "who", "admin", "denial"),
    [
        (GROUP, "all", False, None),
        (GROUP, "admins", True, None),
        (GROUP, "admins", False, Denial.ADMINS_ONLY),
        (ALICE, "admins", False, None),
    ],
)
async def test_where_only_admins_may_others_may_not(chat_id: int, who: str, admin: bool, denial: Denial | None) -> None:
    async def is_admin() -> bool:
        return admin

    assert await check_rights(situation(chat_id, choices=Choices(chat_id, who=who)), is_admin) is denial


async def test_telegram_is_asked_who_runs_a_group_only_where_that_decides() -> None:
    async def is_admin() -> bool:
        raise AssertionError("nobody needs to know")

    assert await check_rights(situation(), is_admin) is None


LIMITS = Limits(person_waiting=2, chat_waiting=4, person_daily_mb=1, person_daily_files=3)


@pytest.mark.parametrize(
    ("in_chat", "theirs", "denial"),
    [(1, 1, None), (3, 1, None), (2, 2, Denial.PERSON_WAITING), (4, 0, Denial.CHAT_WAITING)],
)
def test_so_many_videos_may_wait(in_chat: int, theirs: int, denial: Denial | None) -> None:
    assert check_waiting(LIMITS, situation(open_in_chat=in_chat, open_of_person=theirs)) is denial


@pytest.mark.parametrize(
    ("files", "size", "sizes", "denial"),
    [
        (1, 0, [10, 10], None),
        (2, 0, [10, 10], Denial.DAY_FULL_OF_FILES),
        (0, 999_990, [10], None),
        (0, 999_990, [11], Denial.DAY_FULL),
        (99, 9_999_999, [], None),
    ],
)
def test_so_much_may_be_sent_in_a_day(files: int, size: int, sizes: list[int], denial: Denial | None) -> None:
    assert check_day(LIMITS, situation(files_today=files, bytes_today=size), sizes) is denial


@pytest.mark.parametrize(
    ("chat", "everybody", "denial"),
    [
        (1_999_990, 2_999_990, None),
        (1_999_991, 0, Denial.CHAT_DAY_FULL),
        (0, 2_999_991, Denial.DAY_FULL_FOR_ALL),
    ],
)
def test_a_day_ends_for_a_chat_and_for_everybody(chat: int, everybody: int, denial: Denial | None) -> None:
    limits = replace(LIMITS, chat_daily_mb=2, daily_mb=3)
    assert check_day(limits, situation(chat_bytes_today=chat, all_bytes_today=everybody), [10]) is denial


def test_the_last_room_on_the_disk_is_for_videos_that_are_paid_for() -> None:
    limits = replace(LIMITS, keep_free_mb=10)
    assert check_room(limits, 5_000_000) is None
    assert check_room(limits, 4_999_999) is Denial.NO_ROOM
    assert check_room(replace(limits, keep_free_mb=0), 0) is None
