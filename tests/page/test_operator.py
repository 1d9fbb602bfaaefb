"""The operator runs the bot from the chat: the card of a newcomer, an alert, the panel with its chart."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from playwright.async_api import expect

from storage.book import month_of, units
from storage.counts import Count, count_up
from storage.database import open_database
from storage.reservations import DAY, MONTH
from tests.page.conftest import FACE, KEPT, PHONE, VOICE_OF, Visit

pytestmark = pytest.mark.asyncio(loop_scope="session")

FIRST_PERSON = 7_000_000_001
SPENT = ("3.2", "5.76", "0", "8.4", "12.9", "7.1", "2.4", "15.3", "21.2", "9.8", "4.4", "18.6", "26.1", "39.2")
"""CNY of 14 days; those of today come close to the budget of 48."""


@pytest.fixture(scope="module")
def changes() -> dict[str, Any]:
    """A bot whose newcomers ask, and whose admin is the first person of the page."""
    return {"access": "ask", "admins": (FIRST_PERSON,)}


async def spends(visit: Visit) -> None:
    """Count what two weeks have cost."""
    database, today = open_database(visit.world.settings().database_url), date.today()  # noqa: DTZ011 - the bot's day
    async with database.begin() as connection:
        for ago, amount in enumerate(reversed(SPENT)):
            day = (today - timedelta(days=ago)).isoformat()
            await count_up(connection, Count(DAY, "", day, units(Decimal(amount)), None))
        await count_up(connection, Count(MONTH, "", month_of(today.isoformat()), units(Decimal("186.04")), None))
    await database.dispose()


async def test_a_newcomer_is_let_in_money_runs_low_and_the_panel_says_what_is_spent(visit: Visit) -> None:
    page = visit.page
    await visit.opens()
    await page.get_by_role("button", name="Start", exact=True).click()
    await visit.becomes("Jonas")
    await page.get_by_role("button", name="Start", exact=True).click()
    await page.get_by_role("button", name="Ask for access").click()
    await expect(page.get_by_role("dialog")).to_contain_text("I've asked the admins")
    await page.get_by_role("button", name="OK").click()

    await visit.becomes("You")
    await visit.sees("Jonas asks for access")
    card = page.locator(".log .other", has_text="Jonas asks for access")
    await expect(card.locator(".keys button")).to_have_text(["Allow", "No", "Block"])
    await visit.keeps("operator-access", PHONE)
    await card.get_by_role("button", name="Allow").click()
    await visit.sees("may use the bot")

    await visit.becomes("Jonas")
    await visit.sees("The admins let you in")
    await visit.attaches(FACE)
    await visit.sees(KEPT)
    await visit.attaches(VOICE_OF)
    await visit.sees_video()

    await spends(visit)
    await visit.becomes("You")
    await visit.sees("80 % of today's budget is used")
    visit.world.emo.account = "arrears"
    await visit.becomes("Jonas")
    await visit.attaches("Rupert")
    await visit.becomes("You")
    await visit.sees("There are no videos until this")
    await visit.keeps("operator-alerts", PHONE)

    await visit.writes("/admin")
    panel = page.locator(".log .other", has_text="This month")
    await panel.wait_for()
    assert await panel.locator("img").evaluate("async (one) => { await one.decode(); return one.naturalWidth; }") >= 600
    await expect(panel.get_by_role("button", name="Pause", exact=True)).to_be_visible()
    await visit.keeps("operator-panel", PHONE)
