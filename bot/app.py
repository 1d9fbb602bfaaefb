"""Builds the parts of the bot, joins them, runs them until told to stop. The only file that knows them all."""

import asyncio
import hashlib
import hmac
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import structlog
from sqlalchemy.ext.asyncio import AsyncEngine
from telegram.error import BadRequest, InvalidToken
from telegram.ext import Application, ApplicationBuilder

from bot.background import cancel_all, first_end, within
from bot.dashscope.client import DashscopeClient
from bot.engines.choose import choose
from bot.errors import OperatorError
from bot.gates.access import Access
from bot.gates.limits import MEGABYTE, Limits
from bot.gates.money import Money
from bot.housekeeping import keep_copies, keep_house
from bot.media.child import warm_up
from bot.presenters import load_presenters
from bot.process import end_soon, on_signals, only_process, tell_confinement
from bot.render.account import look_at_start
from bot.render.accounts import Account, Accounts
from bot.render.credentials import BadCredentials, Credentials, load_credentials, load_or_make_credentials
from bot.render.face_check import look_of
from bot.render.hosting import OwnLinks, Uploads
from bot.render.labelling import Labels
from bot.render.parts import Parts
from bot.render.restored import tell_strange_tasks
from bot.render.timing import Timing
from bot.render.workflow import Workflows, own_database
from bot.settings import THE_ONE, Settings
from bot.web.server import CannotListen, build_web, serve
from bot.web.state import health
from handlers.admin.alerts import keep_watch, tell_news
from handlers.admin.broadcast import keep_sending
from handlers.announcing import announce
from handlers.card import Cards
from handlers.context import Services
from handlers.delivery import Chats
from handlers.duet_sending import Duets
from handlers.formats import BUTTONS, FormatMaker
from handlers.permission.stickers import keep_sweeping
from handlers.register import register
from handlers.transport import inbox
from handlers.transport.corrections import Corrections
from handlers.transport.flood import FloodLimits
from handlers.transport.http import AiohttpRequest, UnusableProxy
from handlers.transport.patient_application import PatientApplication
from handlers.transport.restored import tell_of_loss
from handlers.transport.sending import reach_telegram
from handlers.transport.token import watch_token
from storage.book import Book
from storage.chats import move_chat
from storage.database import DatabaseError, migrate, open_database
from storage.inbox import Body, unhandled_updates
from storage.keyed_hash import load_or_make_keyed_hash
from storage.link_keys import load_or_make_link_keys
from storage.links import Links
from storage.objects import Objects
from storage.only_user import only_user
from storage.passing import PASSING, cause_of, until_written
from storage.refusals import seal_old_answers
from storage.restored import note_restored
from storage.store import StorageFull, StoreShut
from storage.switches import note_start, switch
from storage.tasks import forget_tasks
from storage.whereabouts import open_objects

log = structlog.get_logger(__name__)

App = Application[Any, Any, Any, Any, Any, Any]

START_PAUSE = 1.0
"""Seconds before a start that lost its database is made again."""
NEWS_SECONDS = 2.0
"""For the word to the admins that the bot stops."""

UNUSABLE = (DatabaseError, CannotListen, BadCredentials, StorageFull, StoreShut, UnusableProxy, inbox.TwoBots)
"""What ends a start until the operator has mended it."""


def run(settings: Settings) -> int:
    """Run the bot until SIGTERM or Ctrl-C.

    Raises:
        OperatorError: it cannot run as things are.
    """
    try:
        while True:
            try:
                return asyncio.run(_run(settings))
            except PASSING as error:
                log.error("the database went away while the bot was starting; it starts again", why=cause_of(error))
                time.sleep(START_PAUSE)
    except UNUSABLE as error:
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
            end_soon(1 if failed.done() else 0)
            if failed.done():
                failed.result()
    return 0


@asynccontextmanager
async def bot_running(settings: Settings, timing: Timing | None = None) -> AsyncIterator["asyncio.Task[None]"]:
    """Run everything for the length of the block.

    Yields:
        A task that ends only when the bot cannot go on, with the reason as its exception.
    """
    timing = timing or Timing()
    async with AsyncExitStack() as stack:
        database, held, lost = await open_rows(stack, settings)
        left = await unhandled_updates(database)  # before the webhook is open: what comes now is not left from before
        processor = inbox.PerPersonProcessor(database, left, aside=BUTTONS)
        money = money_of(settings)
        requests = [AiohttpRequest(settings.telegram_api_url, settings.telegram_local_files) for _ in range(2)]
        for request in requests:
            stack.push_async_callback(request.shutdown)  # a start that fails leaves them open
        application = build_application(settings, processor, requests, partial(move_chat, database, money.book))
        parts, chats = await open_parts(stack, settings, timing, database, application, money)
        await parts.links.revoke_forgotten(look_of(parts.engine, next(iter(parts.accounts)).name), money.book)
        own = own_database(settings.database_url, settings.data_dir)
        workflows = Workflows(parts, own, "emobot", settings.max_in_flight)
        services = services_for(settings, parts, workflows, chats)
        register(application, services)
        await listen(stack, settings, parts, application)
        warm_up()
        await reach_telegram(application.initialize)
        stack.push_async_callback(application.shutdown)
        folder, widest = settings.presenters_dir, parts.engine.picture.widest
        await load_presenters(database, parts.objects, folder, application.bot.username, widest)
        if services.files == "stay":
            await forget_tasks(database)  # it has just started; what was in the works costs nothing to make again
        stack.push_async_callback(workflows.stop)
        await workflows.start()
        await application.start()
        stack.push_async_callback(inbox.stop_handling, application, processor, timing.stop)
        await inbox.resume(application, database, left)
        await tell_of_loss(application, lost)
        takers = await take_updates(settings, database, application, requests[1], timing)
        failed = asyncio.create_task(first_end([held, *takers]))
        await note_life(stack, settings, application, services)
        works = (asyncio.create_task(work) for work in background(settings, application, services))
        stack.push_async_callback(cancel_all, [failed, *takers, *works])
        yield failed


async def note_life(stack: AsyncExitStack, settings: Settings, application: App, services: Services) -> None:
    """Note that the bot has started, and at its end whether it was told to stop; tell admins who want such news."""
    database = services.parts.database
    name = await note_start(database)

    async def note_end(kind: type[BaseException] | None, *_: object) -> None:
        if kind is None or issubclass(kind, asyncio.CancelledError):
            await switch(database, name, on=False)

    stack.push_async_exit(note_end)
    if settings.admin_news:
        stack.push_async_callback(within, NEWS_SECONDS, tell_news(application.bot, services, started=False))


def background(settings: Settings, application: App, services: Services) -> Sequence[Coroutine[Any, Any, None]]:
    """What goes on beside all else, for as long as the bot runs."""
    parts = services.parts
    return (
        announce(application.bot, parts.database),
        until_written(services.duets.resume),
        services.cards.keep_moving(),
        tell_confinement(),
        keep_sweeping(application.bot, parts.database),
        keep_copies(parts.objects),
        keep_house(parts, services.workflows, settings.keep_days, settings.keep_free_mb * MEGABYTE),
        look_at_start(parts),
        tell_strange_tasks(parts, settings.data_dir),
        keep_sending(application.bot, services),
        *([tell_news(application.bot, services, started=True)] if settings.admin_news else []),
        keep_watch(application, services, webhook=settings.telegram_updates == "webhook"),
    )


async def open_rows(stack: AsyncExitStack, settings: Settings) -> tuple[AsyncEngine, "asyncio.Task[None]", list[Body]]:
    """Open the database; also return a task that ends when another bot takes it, and what a backup left unanswered."""
    database = open_database(settings.database_url, patient=True)
    stack.push_async_callback(database.dispose)
    await migrate(database)
    held = await stack.enter_async_context(only_user(database))
    return database, held, await note_restored(settings.data_dir, database)


async def open_parts(
    stack: AsyncExitStack, settings: Settings, timing: Timing, database: AsyncEngine, application: App, money: Money
) -> tuple[Parts, Chats]:
    """Open what the renders work with, and the chats that they are shown in; closed with the stack."""
    places = (settings.objects_dir, settings.bucket, settings.objects_cache_mb * MEGABYTE)
    objects = await open_objects(database, *places, before=settings.data_dir / "objects")
    keys = settings.link_secrets or load_or_make_link_keys(settings.data_dir / "link-secrets")
    links = Links(database, keys, settings.public_url or local_address(settings), settings.link_ttl)
    session = await stack.enter_async_context(aiohttp.ClientSession())
    bot = application.bot
    cards = Cards(bot, database, objects, settings.operator_contact, timing)
    labels = Labels(settings.ai_mark, credentials_for(settings))
    outside = (bot, database, objects, labels)
    chats = Chats(bot, database, cards, FormatMaker(*outside), Duets(*outside, settings.upload_limit))
    engines = choose(settings.engine, settings.overrides)
    await seal_old_answers(database, money.book.hashed)
    parts = Parts(
        *(database, objects, links, open_accounts(settings, timing, session, objects, links), chats, *engines),
        longest_voice=settings.longest_voice,
        ask_above=settings.ask_above,
        upload_limit=settings.upload_limit,
        money=money,
        labels=labels,
        timing=timing,
        keyed=money.book.hashed,
    )
    return parts, chats


def open_accounts(
    settings: Settings, timing: Timing, session: aiohttp.ClientSession, objects: Objects, links: Links
) -> Accounts:
    """Join what is known of the accounts with the way to the service."""

    def connect(name: str, key: str) -> Account:
        service = DashscopeClient(
            session,
            settings.dashscope_base_url,
            key,
            timeout=timing.answer,
            retry_policy=timing.repeat,
            tasks_path=settings.tasks_path,
        )
        hosting = Uploads(service, objects) if settings.hosting == "upload" else OwnLinks(links)
        return Account(name, service, hosting, timing.first_pause)

    return Accounts(connect, {account.name: account.key for account in settings.accounts} or {THE_ONE: ""})


def money_of(settings: Settings) -> Money:
    """What may be spent, and how it is written down."""
    hashed = load_or_make_keyed_hash(settings.data_dir / "hash-key")
    return Money(Book(hashed, settings.timezone), settings.budgets)


def credentials_for(settings: Settings) -> Credentials:
    """Return who signs the videos.

    Raises:
        BadCredentials: the operator's certificate or key cannot be used.
    """
    if settings.c2pa_certificate is not None and settings.c2pa_key is not None:
        return load_credentials(settings.c2pa_certificate, settings.c2pa_key)
    return load_or_make_credentials(settings.data_dir)


def services_for(settings: Settings, parts: Parts, workflows: Workflows, chats: Chats) -> Services:
    """Join what the handlers work with."""
    return Services(
        parts=parts,
        workflows=workflows,
        cards=chats.cards,
        format_maker=chats.format_maker,
        duets=chats.duets,
        files="stay" if settings.engine == "local" else settings.hosting,
        host=urlsplit(settings.dashscope_base_url).hostname or "",
        contact=settings.operator_contact,
        keep_days=settings.keep_days,
        access=Access(settings.access, frozenset(settings.allowed), frozenset(settings.admins)),
        limits=Limits(
            person_waiting=settings.person_waiting,
            chat_waiting=settings.chat_waiting,
            person_daily_mb=settings.person_daily_mb,
            person_daily_files=settings.person_daily_files,
            chat_daily_mb=settings.chat_daily_mb,
            daily_mb=settings.daily_mb,
            keep_free_mb=settings.keep_free_mb,
        ),
    )


async def listen(stack: AsyncExitStack, settings: Settings, parts: Parts, application: App) -> None:
    """Open the web server: links, health, and the webhook where that is how updates come."""

    async def take(body: bytes) -> None:
        await inbox.take_webhook(application, parts.database, body)

    webhook = settings.telegram_updates == "webhook"
    web = build_web(
        parts.links,
        parts.objects,
        webhook=take if webhook else None,
        webhook_secret=webhook_secret(settings) if webhook else None,
        health=partial(health, parts.database),
    )
    runner = await serve(web, settings.listen.host, settings.listen.port)
    stack.push_async_callback(runner.cleanup)


async def take_updates(
    settings: Settings, database: AsyncEngine, application: App, polling: AiohttpRequest, timing: Timing
) -> "list[asyncio.Task[None]]":
    """Tell Telegram how updates are to come; return tasks of which one ends when none can come any more."""
    bot = application.bot
    if settings.telegram_updates == "webhook":
        address, secret = f"{settings.public_url}/telegram", webhook_secret(settings)
        kinds = inbox.ALLOWED_UPDATES
        await reach_telegram(lambda: bot.set_webhook(address, secret_token=secret, allowed_updates=kinds))
        return [asyncio.create_task(watch_token(bot, timing.ask_token))]
    await reach_telegram(lambda: bot.delete_webhook(drop_pending_updates=False))
    ways = (inbox.poll(application, database, polling, timing.newcomer), watch_token(bot, timing.ask_token))
    return [asyncio.create_task(way) for way in ways]


def build_application(
    settings: Settings,
    processor: inbox.PerPersonProcessor,
    requests: Sequence[AiohttpRequest],
    on_move: Callable[[int, int], Awaitable[None]],
) -> App:
    """The bot's side of Telegram: its address, patience, limits, and the way that updates go through."""
    token = settings.telegram_bot_token
    return (
        ApplicationBuilder()
        .token(token.get_secret_value() if token else "")
        .base_url(f"{settings.telegram_api_url}/bot")
        .base_file_url(f"{settings.telegram_api_url}/file/bot")
        .application_class(PatientApplication)
        .updater(None)
        .rate_limiter(Corrections(FloodLimits(), on_move))
        .concurrent_updates(processor)
        .request(requests[0])
        .get_updates_request(requests[1])
        .build()
    )


def local_address(settings: Settings) -> str:
    """The address of the links where only this machine fetches them."""
    host = settings.listen.host
    everywhere = host in ("0.0.0.0", "::", "")  # noqa: S104
    return f"http://{'127.0.0.1' if everywhere else host}:{settings.listen.port}"


def webhook_secret(settings: Settings) -> str:
    """The word by which Telegram's calls are known: derived from the token, so there is no other one to keep."""
    token = settings.telegram_bot_token
    return hmac.new((token.get_secret_value() if token else "").encode(), b"webhook", hashlib.sha256).hexdigest()
