"""Builds the parts of the bot, joins them, runs them until told to stop. The only file that knows them all."""

import asyncio
import hashlib
import hmac
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path
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
from bot.presenters import READY_FACES, find_example, load_presenters
from bot.process import end_soon, on_signals, only_process, tell_confinement
from bot.render.account import look_at_start
from bot.render.accounts import Account, Accounts
from bot.render.credentials import KEPT_AS, BadCredentials, Credentials, load_credentials, load_or_make_credentials
from bot.render.face_check import look_of
from bot.render.hosting import OwnLinks, Uploads
from bot.render.labelling import Labels
from bot.render.machine import GivenUp, Machine
from bot.render.parts import Parts
from bot.render.restored import tell_strange_tasks
from bot.render.timing import Timing
from bot.render.workflow import VERSION, Workflows, own_database
from bot.settings import THE_ONE, Settings
from bot.web.server import CannotListen, build_web, serve
from bot.web.state import health
from handlers.admin.alerts import keep_watch, tell_news
from handlers.admin.broadcast import BROADCAST, keep_sending
from handlers.announcing import announce
from handlers.card import Cards
from handlers.context import Services
from handlers.delivery import Chats
from handlers.duet.sending import Duets
from handlers.formats import BUTTONS, FormatMaker
from handlers.permission.stickers import keep_sweeping
from handlers.register import register
from handlers.start.example import Example
from handlers.transport import inbox
from handlers.transport.corrections import Corrections
from handlers.transport.flood import FloodLimits
from handlers.transport.http import AiohttpRequest, UnusableProxy
from handlers.transport.patient_application import PatientApplication
from handlers.transport.polling import ALLOWED_UPDATES, TwoBots, poll
from handlers.transport.restored import tell_of_loss
from handlers.transport.sending import reach_telegram
from handlers.transport.token import watch_token
from storage.book import Book
from storage.chats import move_chat
from storage.database import DatabaseError, migrate, open_database
from storage.inbox import Body
from storage.keyed_hash import load_or_make_keyed_hash
from storage.link_keys import load_or_make_link_keys
from storage.links import Links
from storage.objects import Objects
from storage.passing import PASSING, cause_of, until_written
from storage.postgresql import PatientEngine, open_beside
from storage.refusals import seal_old_answers
from storage.restored import note_restored
from storage.shared_secrets import share_secrets
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

UNUSABLE = (DatabaseError, CannotListen, BadCredentials, StorageFull, StoreShut, UnusableProxy, TwoBots)
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
            except GivenUp as error:
                log.error(str(error))
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
    with only_process(settings.data_dir, shared=not settings.database_url.startswith("sqlite")):
        async with bot_running(settings) as failed:
            on_signals(stop.set)
            log.info("the bot is running")
            stopped = asyncio.create_task(stop.wait())
            await asyncio.wait({stopped, failed}, return_when=asyncio.FIRST_COMPLETED)
            stopped.cancel()
            if failed.done() and isinstance(failed.exception(), GivenUp):
                failed.result()
            log.info("stopping; what is in the works goes on on another machine, or at the next start")
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
        database, machine, living, lost = await open_rows(stack, settings)
        processor = inbox.PerPersonProcessor(database, machine.id, BUTTONS)
        money = money_of(settings)
        api, files = settings.telegram_api_url, settings.telegram_local_files
        requests = [AiohttpRequest(api, files, machine.sure) for _ in range(2)]
        for request in requests:
            stack.push_async_callback(request.shutdown)  # a start that fails leaves them open
        limits = FloodLimits()
        machine.tell(lambda company: limits.share(company.count))
        corrections = Corrections(limits, partial(move_chat, database, money.book))
        application = build_application(settings, processor, requests, corrections)
        processor.follow = partial(inbox.follow, application)
        parts, chats = await open_parts(stack, settings, timing, database, application, money, machine)
        own = own_database(settings.database_url, settings.data_dir)
        workflows = Workflows(parts, own, settings.max_in_flight)
        services = services_for(settings, parts, workflows, chats)
        register(application, services)
        await clear_up(services)
        await listen(stack, settings, parts, application)
        warm_up()
        await reach_telegram(application.initialize)
        stack.push_async_callback(application.shutdown)
        folder, widest = settings.presenters_dir or READY_FACES, parts.engine.picture.widest
        await load_presenters(database, parts.objects, folder, application.bot.username, widest)
        stack.push_async_callback(workflows.stop)
        await workflows.start()
        await application.start()
        stack.push_async_callback(inbox.stop_handling, application, processor, timing.stop)
        await inbox.resume(application)
        await tell_of_loss(application, lost)
        takers = await take_updates(settings, machine, application, requests[1], timing)
        failed = asyncio.create_task(first_end([living, *takers]))
        await note_life(stack, settings, application, services)
        works = [asyncio.create_task(work) for work in background(settings, application, services)]
        stack.push_async_callback(cancel_all, [failed, *takers, *works])
        yield failed


async def clear_up(services: Services) -> None:
    """End what nobody holds of machines that are gone: links, and the tasks of a service that was theirs alone."""
    parts = services.parts
    look = look_of(parts.engine, next(iter(parts.accounts)).name)
    await until_written(partial(parts.links.revoke_forgotten, look, parts.money.book))
    if services.files == "stay":
        await until_written(partial(forget_tasks, parts.database))  # to make again what was in the works costs nothing


async def keep_clearing_up(services: Services) -> None:
    """Clear up after others, and send the duets that they were about to send, whenever a machine comes or goes."""
    moved = services.parts.machine.watch()
    while True:
        await moved.wait()
        moved.clear()
        try:
            await clear_up(services)
            await until_written(services.duets.resume)
        except Exception:
            log.exception("what others have left could not be cleared up")


async def note_life(stack: AsyncExitStack, settings: Settings, application: App, services: Services) -> None:
    """Note that the bot has started, and at its end whether it was told to stop; tell admins who want such news."""
    database, machine = services.parts.database, services.parts.machine
    name = await note_start(database, machine.id)

    async def note_end(kind: type[BaseException] | None, *_: object) -> None:
        if kind is None or issubclass(kind, asyncio.CancelledError):
            await switch(database, name, on=False)

    async def tell_stop() -> None:
        if machine.company.count == 1:
            await tell_news(application.bot, services, started=False)

    stack.push_async_exit(note_end)
    if settings.admin_news:
        stack.push_async_callback(within, NEWS_SECONDS, tell_stop())


def background(settings: Settings, application: App, services: Services) -> Sequence[Coroutine[Any, Any, None]]:
    """What goes on beside all else, for as long as the bot runs: on each machine, and on the one that leads."""
    parts, bot = services.parts, application.bot
    machine, database, webhook = parts.machine, parts.database, settings.telegram_updates == "webhook"
    room = settings.keep_free_mb * MEGABYTE
    days = settings.keep_days, settings.keep_faces_days
    news = settings.admin_news and machine.leads.is_set()
    return (
        services.cards.keep_moving(),
        tell_confinement(),
        keep_copies(parts.objects),
        look_at_start(parts),
        tell_strange_tasks(parts, settings.data_dir),
        inbox.keep_resuming(application, machine),
        machine.keep_hearing(partial(hear, services)),
        keep_clearing_up(services),
        *([tell_news(bot, services, started=True)] if news else []),
        machine.as_leader(partial(announce, bot, database, settings.admins)),
        machine.as_leader(partial(keep_sweeping, bot, database)),
        machine.as_leader(partial(keep_house, parts, services.workflows, *days, room)),
        machine.as_leader(partial(keep_sending, bot, services)),
        machine.as_leader(partial(keep_watch, application, services, webhook=webhook)),
    )


def hear(services: Services, word: str) -> None:
    """Hear a word of another machine."""
    if word == BROADCAST:
        services.broadcasting.set()
    services.workflows.hear(word)


async def open_rows(
    stack: AsyncExitStack, settings: Settings
) -> tuple[AsyncEngine, Machine, "asyncio.Task[None]", list[Body]]:
    """Open the database, and live among the others there.

    Returns:
        It, this machine, a task that ends only when others have given this machine up, and the updates that a backup
        left unanswered.
    """
    url = settings.database_url
    database, heart = open_database(url, patient=True), None if url.startswith("sqlite") else open_beside(url)
    for engine in (database, heart):
        if engine is not None:
            stack.push_async_callback(engine.dispose)
    await migrate(database)
    if heart is not None:
        await share_what_signs(settings, database)
    machine = Machine(database, heart)
    await machine.join(VERSION)
    stack.push_async_callback(machine.leave)
    if isinstance(database, PatientEngine):
        database.sure = machine.sure
    living = asyncio.create_task(machine.keep_living())
    stack.push_async_callback(cancel_all, [living])
    return database, machine, living, await note_restored(settings.data_dir, database)


async def share_what_signs(settings: Settings, database: AsyncEngine) -> None:
    """See that what signs links and videos, and hashes people, is the same on all machines."""
    token = settings.telegram_bot_token
    makers: dict[str, Callable[[Path], object]] = {"hash-key": load_or_make_keyed_hash}
    if not settings.link_secrets:
        makers["link-secrets"] = load_or_make_link_keys
    if settings.c2pa_certificate is None:
        makers[KEPT_AS] = lambda path: load_or_make_credentials(path.parent)
    await share_secrets(database, settings.data_dir, token.get_secret_value() if token else "", makers)


async def open_parts(
    stack: AsyncExitStack,
    settings: Settings,
    timing: Timing,
    database: AsyncEngine,
    application: App,
    money: Money,
    machine: Machine,
) -> tuple[Parts, Chats]:
    """Open what the renders work with, and the chats that they are shown in; closed with the stack."""
    places = (settings.objects_dir, settings.bucket, settings.objects_cache_mb * MEGABYTE)
    objects = await open_objects(database, *places, before=settings.data_dir / "objects")
    keys = settings.link_secrets or load_or_make_link_keys(settings.data_dir / "link-secrets")
    address = settings.public_url or local_address(settings)
    links = Links(database, keys, address, settings.link_ttl, machine=machine.id)
    session = await stack.enter_async_context(aiohttp.ClientSession())
    bot = application.bot
    cards = Cards(bot, database, objects, settings.operator_contact, timing, machine)
    labels = Labels(settings.ai_mark, credentials_for(settings))
    outside = (bot, database, objects, labels)
    chats = Chats(bot, database, cards, FormatMaker(*outside), Duets(*outside, settings.upload_limit, machine))
    engines = choose(settings.engine, settings.overrides)
    accounts = open_accounts(settings, timing, session, objects, links, machine)
    await seal_old_answers(database, money.book.hashed)
    parts = Parts(
        *(database, objects, links, accounts, chats, *engines),
        longest_voice=settings.longest_voice,
        ask_above=settings.ask_above,
        upload_limit=settings.upload_limit,
        money=money,
        labels=labels,
        timing=timing,
        keyed=money.book.hashed,
        machine=machine,
    )
    return parts, chats


def open_accounts(
    settings: Settings,
    timing: Timing,
    session: aiohttp.ClientSession,
    objects: Objects,
    links: Links,
    machine: Machine,
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
            sure=machine.sure,
        )
        machine.tell(lambda company: service.share(company.count))
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
    video = find_example(settings.presenters_dir or READY_FACES)
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
        keep_faces_days=settings.keep_faces_days,
        example=Example(video, by_puppet=settings.presenters_dir is None) if video else None,
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
        await inbox.take_webhook(application, body)

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
    settings: Settings, machine: Machine, application: App, polling: AiohttpRequest, timing: Timing
) -> "list[asyncio.Task[None]]":
    """Let updates come; return tasks of which one ends when none can come any more."""
    if machine.leads.is_set():
        await tell_the_way(settings, application)

    async def lead() -> None:
        if not machine.leads.is_set():
            await machine.leads.wait()
            await tell_the_way(settings, application)
        if settings.telegram_updates == "polling":
            await poll(application, polling, timing.newcomer)
        await asyncio.Event().wait()

    return [asyncio.create_task(way) for way in (lead(), watch_token(application.bot, timing.ask_token))]


async def tell_the_way(settings: Settings, application: App) -> None:
    """Tell Telegram how updates are to come."""
    bot = application.bot
    if settings.telegram_updates == "polling":
        await reach_telegram(lambda: bot.delete_webhook(drop_pending_updates=False))
        return
    address, secret = f"{settings.public_url}/telegram", webhook_secret(settings)
    await reach_telegram(lambda: bot.set_webhook(address, secret_token=secret, allowed_updates=ALLOWED_UPDATES))


def build_application(
    settings: Settings,
    processor: inbox.PerPersonProcessor,
    requests: Sequence[AiohttpRequest],
    corrections: Corrections,
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
        .rate_limiter(corrections)
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
