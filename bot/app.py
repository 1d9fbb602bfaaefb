"""Builds the parts of the bot, joins them, runs them until told to stop. The only file that knows them all."""

import asyncio
import fcntl
import hashlib
import hmac
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp
import sqlalchemy as sa
import structlog
from sqlalchemy.ext.asyncio import AsyncEngine
from telegram.error import BadRequest, InvalidToken, TelegramError
from telegram.ext import AIORateLimiter, Application, ApplicationBuilder

from bot.emo.client import EmoClient
from bot.errors import OperatorError
from bot.media.child import warm_up
from bot.parts import Parts
from bot.settings import Settings
from bot.web.server import CannotListen, build_web, serve
from bot.workflow import Workflows
from handlers import inbox, texts
from handlers.card import Cards
from handlers.delivery import WRITE_SECONDS, Chats
from handlers.desk import Desk
from handlers.register import announce, register
from storage.database import DatabaseError, migrate, open_engine
from storage.drafts import forget_old_drafts
from storage.inbox import forget_old_updates, unhandled_updates
from storage.link_keys import load_or_make_link_keys
from storage.links import Links
from storage.objects import Objects, StorageFull
from storage.renders import forget_old_renders, forget_tasks

log = structlog.get_logger(__name__)

App = Application[Any, Any, Any, Any, Any, Any]

STOP_SECONDS = 3.0
"""For the updates in hand; the renders have five seconds more, and Docker kills ten seconds after it asked."""

HOUSEKEEPING_SECONDS = 3600.0
KEPT = timedelta(days=7)
"""How long files and finished renders are kept after their last use."""


def run(settings: Settings) -> int:
    """Run the bot until SIGTERM or Ctrl-C.

    Raises:
        OperatorError: it cannot run as things are.
    """
    try:
        return asyncio.run(_run(settings))
    except (DatabaseError, CannotListen, StorageFull, inbox.TwoBots) as error:
        raise OperatorError(str(error)) from error
    except InvalidToken as error:
        raise OperatorError("Telegram does not know TELEGRAM_BOT_TOKEN: copy it anew from @BotFather") from error
    except BadRequest as error:
        raise OperatorError(f"Telegram refuses what the start needs: {error}") from error
    except asyncio.CancelledError:
        log.info("stopped while it was starting")
        return 0


async def _run(settings: Settings) -> int:
    stop = asyncio.Event()
    starting = asyncio.current_task()
    assert starting is not None  # noqa: S101
    on_signals(starting.cancel)
    with only_process(settings.data_dir):
        async with bot_running(settings) as failed:
            on_signals(stop.set)
            log.info("the bot is running")
            stopped = asyncio.create_task(stop.wait())
            await asyncio.wait({stopped, failed}, return_when=asyncio.FIRST_COMPLETED)
            stopped.cancel()
            log.info("stopping; what is in the works goes on at the next start")
            if failed.done():
                failed.result()
    return 0


def on_signals(do: Callable[[], object]) -> None:
    """What SIGTERM and Ctrl-C do from now on."""
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, do)


@contextmanager
def only_process(data_dir: Path) -> Iterator[None]:
    """Hold the data directory for this process alone."""
    data_dir.mkdir(parents=True, exist_ok=True)
    with (data_dir / "lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise OperatorError(f"another emobot uses {data_dir}: stop it, or give this one another DATA_DIR") from None
        yield


@asynccontextmanager
async def bot_running(settings: Settings) -> AsyncIterator["asyncio.Task[None]"]:
    """Run everything for the length of the block.

    Yields:
        A task that ends only when the bot cannot go on, with the reason as its exception.
    """
    async with AsyncExitStack() as stack:
        engine = open_engine(settings.database_url)
        stack.push_async_callback(engine.dispose)
        await migrate(engine)
        left = await unhandled_updates(engine)  # before the webhook is open: what comes now is not left from before
        objects = Objects(settings.data_dir / "objects", engine)
        keys = settings.link_secrets or load_or_make_link_keys(settings.data_dir / "link-secrets")
        links = Links(engine, keys, settings.public_url or local_address(settings), settings.link_ttl)
        await links.revoke_forgotten()
        session = await stack.enter_async_context(aiohttp.ClientSession())
        key = settings.dashscope_api_key
        emo = EmoClient(session, settings.emo_base_url, key.get_secret_value() if key else "")

        in_turn = inbox.InTurn(engine)
        application = build_application(settings, in_turn)
        cards = Cards(application.bot, engine, objects, settings.operator_contact)
        parts = Parts(engine, objects, links, emo, Chats(application.bot, cards))
        workflows = Workflows(parts, workflow_database(settings), "emobot", settings.emo_max_in_flight)
        register(application, Desk(parts, workflows, cards, files_notice(settings)))

        webhook = settings.telegram_updates == "webhook"

        async def take(body: bytes) -> None:
            await inbox.take_webhook(application, engine, body)

        secret = webhook_secret(settings) if webhook else None
        web = build_web(
            links, objects, webhook=take if webhook else None, webhook_secret=secret, health=lambda: health(engine)
        )
        runner = await serve(web, settings.listen.host, settings.listen.port)
        stack.push_async_callback(runner.cleanup)

        warm_up()
        await reach_telegram(application.initialize)
        stack.push_async_callback(application.shutdown)
        if settings.emo_engine == "local":
            # It has just started and knows of nothing; what was in the works costs nothing to make again.
            await forget_tasks(engine)
        stack.push_async_callback(workflows.stop)
        await workflows.start()
        await application.start()
        stack.push_async_callback(stop_handling, application, in_turn)
        await announce(application)
        await inbox.resume(application, engine, left)
        bot = application.bot
        if webhook:
            address = f"{settings.public_url}/telegram"
            kinds = inbox.ALLOWED_UPDATES
            await reach_telegram(lambda: bot.set_webhook(address, secret_token=secret, allowed_updates=kinds))
            failed = asyncio.create_task(forever())
        else:
            await reach_telegram(lambda: bot.delete_webhook(drop_pending_updates=False))
            failed = asyncio.create_task(inbox.poll(application, engine))
        background = [
            failed,
            asyncio.create_task(cards.keep_moving()),
            asyncio.create_task(keep_house(engine, objects, links, workflows)),
        ]
        stack.push_async_callback(cancel_all, background)
        yield failed


def files_notice(settings: Settings) -> str:
    """What people are told of where their files go, and whom to ask."""
    notice = texts.FILES_STAY if settings.emo_engine == "local" else texts.FILES_GO_OUT
    contact = settings.operator_contact
    return f"{notice} {texts.CONTACT.format(contact=contact)}" if contact else notice


def build_application(settings: Settings, in_turn: inbox.InTurn) -> App:
    """The bot's side of Telegram: its address, patience, limits, and the way that updates go through."""
    token = settings.telegram_bot_token
    return (
        ApplicationBuilder()
        .token(token.get_secret_value() if token else "")
        .base_url(f"{settings.telegram_api_url}/bot")
        .base_file_url(f"{settings.telegram_api_url}/file/bot")
        .updater(None)
        .rate_limiter(AIORateLimiter(max_retries=5))
        .concurrent_updates(in_turn)
        .connection_pool_size(64)
        .pool_timeout(30)
        .read_timeout(20)
        .media_write_timeout(WRITE_SECONDS)
        .build()
    )


async def reach_telegram(call: Callable[[], Awaitable[object]]) -> None:
    """Make a call that the start needs, as often as it takes.

    Raises:
        InvalidToken: Telegram does not know this bot.
        BadRequest: it refuses the call for good.
    """
    pause = 1.0
    while True:
        try:
            await call()
            return
        except (InvalidToken, BadRequest):
            raise
        except TelegramError as error:
            log.warning("Telegram cannot be reached", why=str(error), again_in=round(pause, 1))
        await asyncio.sleep(pause)
        pause = min(30.0, pause * 1.7)


async def stop_handling(application: App, in_turn: inbox.InTurn) -> None:
    """Let the updates in hand come to their end, for a few seconds; then they are cut, and are still in the inbox."""
    try:
        async with asyncio.timeout(STOP_SECONDS):
            await application.stop()
    except TimeoutError:
        cut = await in_turn.cut()
        log.warning("some updates were still being handled; they are handled again at the next start", count=cut)


async def forever() -> None:
    """Wait until cancelled."""
    await asyncio.Event().wait()


async def cancel_all(tasks: "list[asyncio.Task[Any]]") -> None:
    """End background tasks."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def keep_house(engine: AsyncEngine, objects: Objects, links: Links, workflows: Workflows) -> None:
    """Let go of what is old, every hour."""
    while True:
        try:
            old = time.time() - KEPT.total_seconds()
            await forget_old_updates(engine)
            await forget_old_drafts(engine, old)
            await workflows.forget_finished(old)
            await forget_old_renders(engine, old)
            await links.remove_old()
            removed = await objects.remove_unused(old)
            log.info("old files and rows went", files=removed)
        except Exception:
            log.exception("housekeeping broke; it is tried again in an hour")
        await asyncio.sleep(HOUSEKEEPING_SECONDS)


async def health(engine: AsyncEngine) -> dict[str, Any]:
    """What `/health` says; raises when the database does not answer."""
    async with engine.connect() as connection:
        await connection.execute(sa.text("SELECT 1"))
    return {"ok": True}


def local_address(settings: Settings) -> str:
    """The address of the links where only this machine fetches them."""
    host = settings.listen.host
    everywhere = host in ("0.0.0.0", "::", "")  # noqa: S104
    return f"http://{'127.0.0.1' if everywhere else host}:{settings.listen.port}"


def workflow_database(settings: Settings) -> str:
    """Where DBOS keeps its own tables: a SQLite file beside the data, or the app's PostgreSQL."""
    if settings.database_url.startswith("sqlite"):
        return f"sqlite:///{settings.data_dir / 'workflows.db'}"
    return settings.database_url


def webhook_secret(settings: Settings) -> str:
    """The word by which Telegram's calls are known: derived from the token, so there is no other one to keep."""
    token = settings.telegram_bot_token
    return hmac.new((token.get_secret_value() if token else "").encode(), b"webhook", hashlib.sha256).hexdigest()
