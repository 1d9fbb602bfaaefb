"""Checks every setting and everything outside, and says what to mend. Nothing is changed, and nothing costs money."""

import asyncio
import json
import os
import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import aiohttp
import sqlalchemy as sa
import structlog

from bot.cli.database_words import database_in_words
from bot.cli.doctor_bucket import check_bucket
from bot.cli.doctor_machine import check_codecs, check_data_dir, check_decoders, check_env_file, check_presenters
from bot.cli.doctor_service import check_service, check_tasks
from bot.cli.finding import Finding
from bot.cli.local_engine import missing_packages
from bot.dashscope.causes import cause_in_words
from bot.logs import configure_logs, redactor
from bot.settings import Settings, odd_settings
from handlers.transport.http import UnusableProxy, proxy_to
from storage.database import open_database
from storage.upgrade import newest_revision, revision_of, suits

log = structlog.get_logger(__name__)

CHECK_SECONDS = 20.0
CALL_SECONDS = 10.0
CLOCK_SECONDS = 60.0


Check = Callable[[Settings, aiohttp.ClientSession], Awaitable[list[Finding]]]


def doctor(settings: Settings | None, problems: list[str] | None = None) -> int:
    """Print what was found and return the exit status: 1 if something must be mended.

    Args:
        settings: what is checked; None when wrong ones are in the way, then only this machine is.
        problems: of the settings, as `SettingsError` lists them.
    """
    configure_logs((settings or Settings()).model_copy(update={"log_level": "ERROR"}))
    findings = [Finding("✗", problem) for problem in problems or []]
    if settings is None:
        findings += [*check_codecs(), Finding("!", "everything else is checked once the settings above are mended")]
    else:
        if not problems:
            findings.append(Finding("✓", "settings are complete"))
        findings += [Finding("!", line) for line in odd_settings(settings)]
        findings += asyncio.run(examine(settings))
    redact = redactor()
    for finding in findings:
        sys.stdout.write(f"{finding.mark} {redact(finding.text)}\n")
    wrong = sum(finding.mark == "✗" for finding in findings)
    sys.stdout.write(f"\n{wrong} to mend\n" if wrong else "\nnothing to mend\n")
    return 1 if wrong else 0


async def examine(settings: Settings) -> list[Finding]:
    """Make every check, side by side; report one that breaks or hangs like any finding."""
    checks: tuple[Check, ...]
    checks = (check_data_dir, check_bucket, check_database, check_telegram, check_service, check_public_url)
    checks += (check_listen, check_tasks, check_presenters, check_decoders, check_env_file)
    timeout = aiohttp.ClientTimeout(total=CALL_SECONDS)
    async with aiohttp.ClientSession(timeout=timeout) as session:
        found = await asyncio.gather(*(guarded(check, settings, session) for check in checks))
    return [*(finding for findings in found for finding in findings), *check_codecs(), *check_puppet(settings)]


async def guarded(check: Check, settings: Settings, session: aiohttp.ClientSession) -> list[Finding]:
    """Make one check within its time."""
    name = check.__name__.removeprefix("check_").replace("_", " ")
    try:
        async with asyncio.timeout(CHECK_SECONDS):
            return await check(settings, session)
    except TimeoutError:
        return [Finding("✗", f"{name}: no answer in {CHECK_SECONDS:.0f} s")]
    except Exception:
        log.exception("a check of the doctor broke", check=name)
        return [Finding("✗", f"{name}: the check itself broke, and that is a fault of this bot: its log has it")]


async def check_database(settings: Settings, _: aiohttp.ClientSession) -> list[Finding]:
    """See that the database answers and that its tables are of this version."""
    url = sa.make_url(settings.database_url)
    name = f"PostgreSQL at {url.host}/{url.database}"
    if url.drivername.startswith("sqlite"):
        name = f"SQLite {url.database}"
        if not os.path.exists(url.database or ""):  # noqa: ASYNC240, PTH110 -- one look at a local disk
            return [Finding("✓", f"database: {name} is made at the first start")]
    database = open_database(settings.database_url)
    try:
        async with database.connect() as connection:
            revision, suited = await connection.run_sync(lambda sync: (revision_of(sync), suits(sync)))
    except (sa.exc.SQLAlchemyError, OSError) as error:
        return [Finding("✗", f"database: {name} cannot be used ({database_in_words(error)}): see DATABASE_URL")]
    finally:
        await database.dispose()
    if revision == newest_revision():
        return [Finding("✓", f"database: {name} is up to date")]
    if revision is None or revision < newest_revision():
        return [Finding("✓", f"database: {name} is brought up to date at the next start")]
    if suited:
        return [Finding("✓", f"database: {name} was added to by a newer version of this bot; this one works with it")]
    return [Finding("✗", f"database: {name} was written by a newer version of this bot: install that, or a backup")]


async def check_telegram(settings: Settings, session: aiohttp.ClientSession) -> list[Finding]:
    """See that the token is good, how updates come, and whether the clock is right."""
    if settings.telegram_bot_token is None:
        return []
    base = f"{settings.telegram_api_url}/bot{settings.telegram_bot_token.get_secret_value()}"
    try:
        status, answer, date = await ask_telegram(session, f"{base}/getMe")
        _, hook, _ = await ask_telegram(session, f"{base}/getWebhookInfo")
    except UnusableProxy as error:
        return [Finding("✗", f"Telegram: {error}")]
    except (aiohttp.ClientError, TimeoutError) as error:
        return [Finding("✗", f"Telegram: {settings.telegram_api_url} cannot be reached ({cause_in_words(error)})")]
    found = check_clock(date)
    if status in (401, 404):
        return [*found, Finding("✗", "Telegram: refuses TELEGRAM_BOT_TOKEN: copy it anew from @BotFather")]
    me = answer.get("result")
    if status != 200 or not isinstance(me, dict):
        return [*found, Finding("✗", f"Telegram: {settings.telegram_api_url} answers getMe with HTTP {status}")]
    found.append(Finding("✓", f"Telegram: the bot is @{me.get('username')}"))
    if not me.get("can_read_all_group_messages"):
        found.append(Finding("!", "Telegram: in groups the bot sees commands and replies to it only (privacy mode)"))
    return found + check_webhook(settings, hook.get("result") or {})


async def ask_telegram(session: aiohttp.ClientSession, url: str) -> tuple[int, dict[str, Any], str | None]:
    """Return the HTTP status, the JSON body (empty where there is none) and the Date header."""
    async with session.get(url, proxy=proxy_to(url)) as response:
        try:
            body = json.loads(await response.text())
        except ValueError:
            body = {}
        return response.status, body if isinstance(body, dict) else {}, response.headers.get("Date")


def check_webhook(settings: Settings, hook: dict[str, Any]) -> list[Finding]:
    """Compare how updates are to come with what Telegram was last told."""
    found = []
    if hook.get("url") and settings.telegram_updates == "polling":
        found.append(Finding("!", "Telegram: a webhook is set, by this token's last user; polling takes it away"))
    if hook.get("url") and settings.telegram_updates == "webhook" and hook.get("last_error_message"):
        found.append(Finding("✗", f"Telegram: could not deliver to the webhook: {hook['last_error_message']}"))
    return found


def check_clock(date: str | None) -> list[Finding]:
    """Compare this machine's clock with the Date header of an answer that has just come."""
    try:
        theirs = parsedate_to_datetime(date or "")
    except ValueError:
        return []
    skew = abs((datetime.now(UTC) - theirs.astimezone(UTC)).total_seconds())
    if skew > CLOCK_SECONDS:
        return [
            Finding("✗", f"clock: {skew:.0f} s away from Telegram's: set it (NTP); links and tasks are told by time")
        ]
    return [Finding("✓", "clock: right to the minute")]


async def check_public_url(settings: Settings, session: aiohttp.ClientSession) -> list[Finding]:
    """Ask for this bot's health at the address that the service will use."""
    if settings.public_url is None:
        return []
    name = f"PUBLIC_URL {settings.public_url}"
    try:
        async with session.get(f"{settings.public_url}/health") as response:
            status, kind = response.status, response.content_type
    except aiohttp.ClientConnectorDNSError:
        return [Finding("✗", f"{name}: the name is unknown: check its spelling and its DNS record")]
    except (aiohttp.ClientSSLError, aiohttp.ClientConnectorCertificateError) as error:
        return [Finding("✗", f"{name}: {cause_in_words(error)}: renew the certificate, or complete its chain")]
    except (aiohttp.ClientError, TimeoutError) as error:
        return [
            Finding("!", f"{name}: nobody answers ({cause_in_words(error)}): fine while neither bot nor proxy runs")
        ]
    if status in (502, 503, 504):
        return [
            Finding("!", f"{name}: HTTP {status}: the proxy is there, the bot behind it is not running or not well")
        ]
    if status != 200 or kind != "application/json":
        return [
            Finding("✗", f"{name}: something else answers there (HTTP {status}): point the proxy to {settings.listen}")
        ]
    return [Finding("✓", f"{name}: this bot answers there, as seen from this machine")]


async def check_listen(settings: Settings, session: aiohttp.ClientSession) -> list[Finding]:
    """See whether the port is free, or held by this very bot."""
    listen = settings.listen
    try:
        server = await asyncio.get_running_loop().create_server(asyncio.Protocol, listen.host, listen.port)
    except OSError as error:
        reason = error.strerror or str(error)
    else:
        server.close()
        return [Finding("✓", f"LISTEN {listen}: free")]
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(listen.host, str(listen).rpartition(":")[0])  # noqa: S104
    try:
        async with session.get(f"http://{host}:{listen.port}/health") as response:
            if response.content_type == "application/json" and response.status in (200, 503):
                return [Finding("✓", f"LISTEN {listen}: the bot is running there")]
    except (aiohttp.ClientError, TimeoutError):
        pass
    return [Finding("✗", f"LISTEN {listen}: cannot be had ({reason}): stop what holds it, or choose another")]


def check_puppet(settings: Settings) -> list[Finding]:
    """See that the puppet's packages are there when it is to make the videos."""
    if settings.engine != "local":
        return []
    missing = missing_packages()
    if missing:
        return [Finding("✗", f"puppet: {', '.join(sorted(missing))} missing: uv sync --group sandbox")]
    return [Finding("✓", "puppet: its packages are installed")]
