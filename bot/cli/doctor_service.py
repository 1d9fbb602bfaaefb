"""What the doctor looks at of the service: whether each account has the model, and whose tasks wait for a key."""

import asyncio
import os

import aiohttp
import sqlalchemy as sa

from bot.cli.finding import Finding, first_line
from bot.dashscope.client import DashscopeClient
from bot.dashscope.errors import AccountError, DashscopeError
from bot.dashscope.retries import RetryPolicy
from bot.engines.choose import choose
from bot.render.account import probe_of
from bot.settings import AccountKey, Settings
from storage.database import open_database
from storage.workload import open_accounts

CALL_SECONDS = 10.0


async def check_service(settings: Settings, session: aiohttp.ClientSession) -> list[Finding]:
    """Ask the model about no portrait: free, and only one that is alive, for a good key, says that it is missing."""
    if settings.engine == "local":
        return [Finding("!", "ENGINE=local: videos come from the puppet on this machine, which is not EMO")]
    return await asyncio.gather(*(_ask(settings, session, account) for account in settings.accounts))


async def _ask(settings: Settings, session: aiohttp.ClientSession, account: AccountKey) -> Finding:
    client = DashscopeClient(
        session,
        settings.dashscope_base_url,
        account.key,
        timeout=CALL_SECONDS,
        retry_policy=RetryPolicy(attempts=1),
    )
    engine, _ = choose(settings.engine, settings.overrides)
    name = engine.name.upper() + (f", account {account.name}" if len(settings.accounts) > 1 else "")
    try:
        await client.probe(probe_of(engine))
    except AccountError as error:
        return Finding("✗", f"{name}: {first_line(error)}")
    except DashscopeError as error:
        return Finding("✗", f"{name}: no good answer from {settings.dashscope_base_url}: {first_line(error)}")
    return Finding("✓", f"{name}: {settings.dashscope_base_url} has {engine.detect_model} for this key")


async def check_tasks(settings: Settings, _: aiohttp.ClientSession) -> list[Finding]:
    """See that each account with open tasks has a key."""
    url = sa.make_url(settings.database_url)
    names = {account.name for account in settings.accounts}
    if not names or (url.drivername.startswith("sqlite") and not os.path.exists(url.database or "")):  # noqa: ASYNC240, PTH110 -- one look at a local disk
        return []
    database = open_database(settings.database_url)
    try:
        waiting = await open_accounts(database)
    except (sa.exc.SQLAlchemyError, OSError):
        return []  # the check of the database says what is wrong with it
    finally:
        await database.dispose()
    return [
        Finding("✗", f"DASHSCOPE_API_KEY: {number} open tasks wait for the key of account {name}: add {name}:KEY again")
        for name, number in waiting.items()
        if name not in names
    ]
