"""A run: the bot as a process, proxies around it, people who use it, and what came of it."""

import asyncio
import os
import re
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from bot.background import cancel_all
from bot.sandbox.emo import EmoServer, Engine
from bot.sandbox.telegram import TelegramServer
from tests.faults.budgets import settings_of, tight_budgets
from tests.faults.calendar import ZONE, Calendar
from tests.faults.client import Client
from tests.faults.database import Database
from tests.faults.keeper import Keeper
from tests.faults.plan import Plan
from tests.faults.proxy import Exchange, Moment, Proxy
from tests.faults.report import Report, write_report
from tests.ports import port_of_its_own
from tests.postgresql import Cluster
from tests.still_renderer import detect_centre, render_still
from tests.stories.conftest import RATES

API_KEY = "sandbox-key-of-the-fault-harness"
QUIET_SECONDS = 100.0
"""Nothing came for so long: nothing will."""


def name_telegram(line: str) -> str:
    """`sendVideo`, `file`, or `look` for a look whether it is there."""
    path = line.split()[1].partition("?")[0]
    if path == "/":
        return "look"
    return "file" if path.startswith("/file/") else path.rpartition("/")[2]


def name_emo(line: str) -> str:
    """`detect`, `submit`, `poll`, `cancel`, `list`, or `look` for a look whether it is there."""
    path = line.split()[1].partition("?")[0].rstrip("/")
    if not path:
        return "look"
    for ending, name in (("face-detect", "detect"), ("video-synthesis", "submit"), ("cancel", "cancel")):
        if path.endswith(ending):
            return name
    return "list" if path.endswith("/tasks") else "poll"


async def run(
    plan: Plan,
    folder: Path,
    *,
    at_once: int = 12,
    running: int = 4,
    engine: Engine | None = None,
    server: Cluster | None = None,
    machines: int = 1,
) -> Report:
    """Play a plan.

    Args:
        folder: empty; keeps the bot's data and its log.
        at_once: people at a time; of a crowd, everybody comes at once.
        running: tasks that the service runs at a time.
        engine: warm processes of the service.
        server: a PostgreSQL for the bot, instead of SQLite.
        machines: processes of the bot that work on it side by side.
    """
    began = time.monotonic()
    async with outside(running, engine) as (telegram, emo), AsyncExitStack() as stack:
        keeper: Keeper | None = None

        def watch(exchange: Exchange, moment: Moment) -> None:
            if keeper is not None:
                keeper.hear(exchange, moment)

        ports = [port_of_its_own() for _ in range(machines)]
        proxies, addresses = await stand_between(stack, plan, watch, telegram, emo, ports)
        database = Database(folder / "data", server)
        told = environment(telegram.token, folder, plan) | addresses | database.setting
        each = [told | {"LISTEN": f"127.0.0.1:{port}"} for port in ports]
        keeper = Keeper(plan.draw_blows(), each, folder, database, moves_all=plan.budgets)
        calendar = Calendar(plan.seed, keeper.set_clock, keeper.kill) if plan.budgets else None
        people = come_together(telegram, plan, calendar)
        works = [keeper.keep_alive(), keeper.watch_memory(), hear_all(telegram, people)]
        works += [calendar.keep()] if calendar else []
        tasks = [asyncio.create_task(work) for work in works]
        try:
            await play(plan, people, at_once, proxies[0], keeper)
            await settle(database)
        finally:
            await cancel_all(tasks)
            status = await keeper.stop()
        exchanges = [exchange for each in proxies for exchange in each.exchanges]
        return await write_report(
            plan, folder, database, telegram, emo, people, exchanges, keeper, status, time.monotonic() - began
        )


async def play(plan: Plan, people: list[Client], at_once: int, telegram: Proxy, keeper: Keeper) -> None:
    """Let the people come, a crowd once the bot listens, and the bot live when they have all been served."""
    while plan.crowd and not any(each.call == "getUpdates" for each in telegram.exchanges):
        await asyncio.sleep(0.1)
    await serve(people, len(people) if plan.crowd else at_once)
    keeper.sparing = True
    await keeper.let_go()


async def stand_between(
    stack: AsyncExitStack,
    plan: Plan,
    watch: Callable[[Exchange, Moment], None],
    telegram: TelegramServer,
    emo: EmoServer,
    ports: list[int],
) -> tuple[list[Proxy], dict[str, str]]:
    """Put a proxy between the bot and each of the others; return them, and the settings that lead the bot through."""
    upstreams = (
        ("telegram", telegram.url, name_telegram),
        ("emo", emo.url, name_emo),
        ("video", emo._storage.url, lambda _: "video"),
        ("links", [f"http://127.0.0.1:{port}" for port in ports], lambda _: "media"),
    )
    proxies = [
        await stack.enter_async_context(Proxy(party, upstream, name, plan.draw, watch))
        for party, upstream, name in upstreams
    ]
    emo._storage.url = proxies[2].url
    return proxies, {
        "TELEGRAM_API_URL": proxies[0].url,
        "DASHSCOPE_BASE_URL": proxies[1].url,
        "PUBLIC_URL": proxies[3].url,
    }


@asynccontextmanager
async def outside(running: int, engine: Engine | None) -> AsyncIterator[tuple[TelegramServer, EmoServer]]:
    """A Telegram and an EMO service without limits."""
    async with TelegramServer() as telegram:
        emo = EmoServer(
            detect_centre, render_still, api_keys=[API_KEY], rates=RATES, engine=engine, max_running=running
        )
        await emo.start()
        try:
            yield telegram, emo
        finally:
            await emo.stop()


def come_together(telegram: TelegramServer, plan: Plan, calendar: Calendar | None) -> list[Client]:
    """The people of a plan; a crowd has sent everything before the bot is there."""
    people = [Client(telegram, number, *want, calendar) for number, want in enumerate(plan.draw_wants())]
    for client in people if plan.crowd else ():
        client.prepare()
    return people


def environment(token: str, folder: Path, plan: Plan) -> dict[str, str]:
    """The bot's settings, but for the addresses."""
    days = {"TIMEZONE": str(ZONE), "KEEP_DAYS": "3650", **settings_of(tight_budgets(plan.renders))}
    return {
        **{name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG")},
        "TELEGRAM_BOT_TOKEN": token,
        "DASHSCOPE_API_KEY": API_KEY,
        "MAX_IN_FLIGHT": "16",
        "DATA_DIR": str(folder / "data"),
        "LOG_FORMAT": "console",
        **(days if plan.budgets else {}),
    }


async def hear_all(telegram: TelegramServer, people: list[Client]) -> None:
    """Let everybody read their chat, until cancelled."""
    by_chat = {client.person.chat.id: client for client in people}
    async for event in telegram.events():
        if event.chat_id in by_chat:
            by_chat[event.chat_id].hears(event)


async def serve(people: list[Client], at_once: int) -> None:
    """Let people come, some at a time, until all have their videos, or nothing has happened for long."""
    door = asyncio.Semaphore(at_once)

    async def come(client: Client) -> None:
        async with door:
            await client.live()

    living = [asyncio.create_task(come(client)) for client in people]
    count, since = -1, time.monotonic()
    while not all(task.done() for task in living):
        await asyncio.wait(living, timeout=0.5)
        came = sum(sum(client.videos) + bool(client.answered_at) for client in people)
        if came != count:
            count, since = came, time.monotonic()
        elif time.monotonic() - since > QUIET_SECONDS:
            break
    for task in living:
        task.cancel()
    for result in await asyncio.gather(*living, return_exceptions=True):
        if isinstance(result, Exception):
            raise result


async def settle(database: Database, seconds: float = 60.0) -> None:
    """Wait until the bot has nothing left to do: every render ended, every update handled, every link dead."""
    open_ = (
        "SELECT (SELECT count(*) FROM renders WHERE ended_at IS NULL OR owner IS NOT NULL) + "
        "(SELECT count(*) FROM inbox WHERE done_at IS NULL) + "
        "(SELECT count(*) FROM links WHERE revoked_at IS NULL) AS number"
    )
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        if [row["number"] for row in await database.read_when_there(open_)] == [0]:
            return
        await asyncio.sleep(0.2)


def secrets_in(log: str, folder: Path, token: str) -> list[str]:
    """What a log must not hold, and does, by its name."""
    keys = (folder / "data" / "link-secrets").read_text().replace(",", "\n").splitlines()
    known = {"the bot's token": token, "the API key": API_KEY}
    known |= {f"link key {number}": line.partition(":")[2] or line for number, line in enumerate(keys) if line.strip()}
    found = [name for name, secret in known.items() if secret in log]
    return found + sorted({match[0][:10] for match in re.finditer(r"[Ss]ignature=[\w%+/-]{8}", log)})
