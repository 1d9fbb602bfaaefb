"""What one machine has met of an account's trouble, all know, until any of them knows that it has passed."""

from types import SimpleNamespace
from typing import Any, cast

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.dashscope.errors import AccountError, AccountReason
from bot.render import account_news
from bot.render import accounts as module
from bot.render.account_news import SHUT, share, standing_troubles
from bot.render.accounts import Account, Accounts
from bot.render.resources import Resources
from handlers.admin.alerts import trouble_of
from storage.tables import account_troubles as troubles
from tests.render.test_accounts import ARREARS, NOTHING, Clock
from tests.storage.conftest import database, migrated_url, schema_of_all

__all__ = ["database", "migrated_url", "schema_of_all"]


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(module, "time", clock)
    monkeypatch.setattr(account_news, "time", clock)
    return clock


class Machine:
    """One of several, each with an account `a` and an account `b`."""

    def __init__(self, database: AsyncEngine, clock: Clock) -> None:
        self.accounts = Accounts(lambda name, _: Account(name, NOTHING, NOTHING), dict.fromkeys("ab", "key"))
        self._clock, self._shared_at = clock, clock.now
        self.resources = cast(Resources, SimpleNamespace(database=database, accounts=self.accounts))

    async def share(self) -> None:
        await self.later(1)
        began = self._clock.now
        await share(self.resources, self._shared_at)
        self._shared_at = began
        await self.later(1)

    async def later(self, seconds: float) -> None:
        """Let time pass, for what is written down, too."""
        self._clock.now += seconds
        async with self.resources.database.begin() as connection:
            await connection.execute(sa.update(troubles).values(seen_at=troubles.c.seen_at - seconds))

    async def causes(self) -> list[str]:
        return list(trouble_of(self.accounts, await standing_troubles(self.resources)))


@pytest.fixture
def machines(database: AsyncEngine, clock: Clock) -> tuple[Machine, Machine]:
    return Machine(database, clock), Machine(database, clock)


async def test_what_one_has_met_the_other_tells(machines: tuple[Machine, Machine]) -> None:
    one, leader = machines
    leader.accounts.called("a").note_working(order=True)
    await leader.later(5)
    one.accounts.called("a").note_shut(ARREARS)
    await one.share()
    await leader.share()
    assert await leader.causes() == ["one_account:arrears:a"], "it worked before that"
    assert [SHUT.labels(name)._value.get() for name in "ab"] == [1, 0]
    leader.accounts.called("b").note_shut(ARREARS)
    await leader.share()
    assert await one.causes() == ["account:arrears:a", "account:arrears:b"]


async def test_what_has_passed_for_one_has_passed_for_all(machines: tuple[Machine, Machine]) -> None:
    one, other = machines
    one.accounts.called("a").note_shut(ARREARS)
    await one.share()
    await other.later(5)
    other.accounts.called("a").note_working()
    await other.share()
    await one.share()
    assert await one.causes() == [], "and is not written down anew"


async def test_a_look_does_not_show_that_orders_are_taken(machines: tuple[Machine, Machine]) -> None:
    one, other = machines
    one.accounts.called("a").note_shut(ARREARS, order=True)
    await one.share()
    other.accounts.called("a").note_shut(ARREARS)
    await other.share()
    await other.later(5)
    other.accounts.called("a").note_working()
    await other.share()
    assert await one.causes() == ["one_account:arrears:a"]
    other.accounts.called("a").note_working(order=True)
    await other.later(1)
    await other.share()
    assert await one.causes() == []


async def test_a_restart_forgets_no_trouble(
    machines: tuple[Machine, Machine], database: AsyncEngine, clock: Clock
) -> None:
    one, _ = machines
    one.accounts.called("b").note_shut(AccountError(reason=AccountReason.KEY))
    await one.share()
    again = Machine(database, clock)
    await again.share()
    assert await again.causes() == ["one_account:key:b"]


async def test_an_account_without_a_key_is_in_trouble_while_it_has_tasks(
    machines: tuple[Machine, Machine], monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = machines
    one.accounts.called("gone").note_shut(ARREARS)
    await one.share()

    async def open_accounts(_: object) -> dict[str, int]:
        return {"gone": 1}

    assert await other.causes() == []
    monkeypatch.setattr(account_news, "open_accounts", cast(Any, open_accounts))
    assert await other.causes() == ["one_account:arrears:gone"]
