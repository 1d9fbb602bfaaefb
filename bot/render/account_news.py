"""What each machine knows of the accounts, shared through the database: one of them tells the admins for all."""

import asyncio
import time

import structlog
from prometheus_client import Gauge
from sqlalchemy.exc import SQLAlchemyError

from bot.render.accounts import Account
from bot.render.resources import Resources
from storage.account_troubles import Trouble, forget_troubles, note_trouble, read_troubles
from storage.passing import cause_of
from storage.workload import open_accounts

log = structlog.get_logger(__name__)

SHUT = Gauge("emobot_account_shut", "Reasons why an account cannot be used, as any machine has met them", ["account"])


async def keep_sharing(resources: Resources) -> None:
    """Share what is known of the accounts, until cancelled."""
    shared_at = time.monotonic()
    while True:
        began = time.monotonic()
        try:
            await share(resources, shared_at)
            shared_at = began
        except SQLAlchemyError as error:
            log.info("what is known of the accounts is shared later", why=cause_of(error))
        except Exception:
            log.exception("what is known of the accounts could not be shared; it goes on")
        await asyncio.sleep(resources.timing.watch)


async def share(resources: Resources, shared_at: float) -> None:
    """Write down what this machine has met of late, and forget what it knows to have passed.

    Args:
        shared_at: when that was last done, by the monotonic clock.
    """
    for account in resources.accounts.in_trouble:
        if account.shut_at >= shared_at:
            for trouble in _met(account):
                await note_trouble(resources.database, trouble)
    known = await read_troubles(resources.database)
    for trouble in known:
        account = resources.accounts.called(trouble.account)
        order = account.worked_since(trouble.ago, order=True)
        if order or (not trouble.refuses_orders and account.worked_since(trouble.ago)):
            worked_at = account.ordered_at if order else account.worked_at
            await forget_troubles(resources.database, account.name, time.monotonic() - worked_at, order=order)
    counts = dict.fromkeys((account.name for account in resources.accounts), 0)
    for trouble in await standing_troubles(resources):
        counts[trouble.account] = counts.get(trouble.account, 0) + 1
    for name, count in counts.items():
        SHUT.labels(name).set(count)


def _met(account: Account) -> list[Trouble]:
    ago = time.monotonic() - account.shut_at
    return [
        Trouble(account.name, reason, advice, account.refuses_orders, ago) for reason, advice in account.shut.items()
    ]


async def standing_troubles(resources: Resources) -> list[Trouble]:
    """Return why accounts cannot be used; of those without a key, only while they have open tasks."""
    known = await read_troubles(resources.database)
    if all(trouble.account in resources.accounts for trouble in known):
        return known
    wanted = await open_accounts(resources.database)
    return [trouble for trouble in known if trouble.account in resources.accounts or trouble.account in wanted]
