"""Runs the bot until told to stop: joins its parts, lets updates come, and keeps going what goes on beside."""

import asyncio
import hashlib
import hmac
import time
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from typing import Any

import structlog
from telegram.error import BadRequest, InvalidToken

from bot.background import cancel_all, first_end, unless, within
from bot.building import App, Rows, build_application, money_of, open_resources, open_rows, services_for
from bot.errors import OperatorError
from bot.gates.limits import MEGABYTE
from bot.housekeeping import keep_copies, keep_house
from bot.media.child import warm_up
from bot.presenters import READY_FACES, load_presenters
from bot.process import end_soon, on_signals, only_process, tell_confinement
from bot.render.account import look_at_start
from bot.render.account_news import keep_sharing
from bot.render.credentials import BadCredentials
from bot.render.face_check import look_of
from bot.render.machine import GivenUp, Machine
from bot.render.resources import Resources
from bot.render.restored import tell_strange_tasks
from bot.render.timing import Timing
from bot.render.workflow import Workflows, own_database
from bot.settings import Settings
from bot.web.server import CannotListen, build_web, serve
from bot.web.state import health
from handlers.admin.alerts import keep_watch, tell_news
from handlers.admin.broadcast import BROADCAST, keep_sending
from handlers.announcing import announce
from handlers.context import Services
from handlers.formats import BUTTONS
from handlers.permission.stickers import keep_sweeping
from handlers.register import register
from handlers.transport import inbox
from handlers.transport.corrections import Corrections
from handlers.transport.flood import FloodLimits
from handlers.transport.http import AiohttpRequest, UnusableProxy
from handlers.transport.polling import ALLOWED_UPDATES, TwoBots, poll
from handlers.transport.restored import tell_of_loss
from handlers.transport.sending import reach_telegram
from handlers.transport.token import watch_token
from storage.chats import move_chat
from storage.database import DatabaseError
from storage.passing import PASSING, cause_of, until_written
from storage.store import StorageFull, StoreShut
from storage.switches import note_start, switch
from storage.tasks import forget_tasks

log = structlog.get_logger(__name__)

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
        rows = await open_rows(stack, settings, timing)
        async with unless(rows.end):
            failed = await start(stack, settings, timing, rows)
        yield failed


async def start(stack: AsyncExitStack, settings: Settings, timing: Timing, rows: Rows) -> "asyncio.Task[None]":
    """Start all that works on the rows; return a task that ends only when the bot cannot go on."""
    database, machine = rows.database, rows.machine
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
    resources, chats = await open_resources(stack, settings, timing, database, application, money, machine)
    own = own_database(settings.database_url, settings.data_dir)
    workflows = Workflows(resources, own, settings.max_in_flight)
    services = services_for(settings, resources, workflows, chats)
    register(application, services)
    await clear_up(services)
    await listen(stack, settings, resources, application)
    warm_up()
    await reach_telegram(application.initialize)
    stack.push_async_callback(application.shutdown)
    folder, widest = settings.presenters_dir or READY_FACES, resources.engine.picture.widest
    await load_presenters(database, resources.objects, folder, application.bot.username, widest)
    stack.push_async_callback(workflows.stop)
    await workflows.start()
    await application.start()
    stack.push_async_callback(inbox.stop_handling, application, processor, timing.stop)
    await inbox.resume(application)
    await tell_of_loss(application, rows.unanswered)
    takers = await take_updates(settings, machine, application, requests[1], timing)
    failed = asyncio.create_task(first_end([rows.end, *takers]))
    stack.push_async_callback(cancel_all, [failed, *takers])
    await note_life(stack, settings, application, services)
    works = [asyncio.create_task(work) for work in background(settings, application, services)]
    stack.push_async_callback(cancel_all, works)
    return failed


async def clear_up(services: Services) -> None:
    """End what nobody holds of machines that are gone: links, and the tasks of a service that was theirs alone."""
    resources = services.resources
    look = look_of(resources.engine, next(iter(resources.accounts)).name)
    await until_written(partial(resources.links.revoke_forgotten, look, resources.money.book))
    if services.files == "stay":
        await until_written(
            partial(forget_tasks, resources.database)
        )  # to make again what was in the works costs nothing


async def keep_clearing_up(services: Services) -> None:
    """Clear up after others, and send the duets that they were about to send, whenever a machine comes or goes."""
    moved = services.resources.machine.watch()
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
    database, machine = services.resources.database, services.resources.machine
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
    resources, bot = services.resources, application.bot
    machine, database, webhook = resources.machine, resources.database, settings.telegram_updates == "webhook"
    room = settings.keep_free_mb * MEGABYTE
    days = settings.keep_days, settings.keep_faces_days
    news = settings.admin_news and machine.leads.is_set()
    return (
        services.cards.keep_moving(),
        tell_confinement(),
        keep_copies(resources.objects),
        look_at_start(resources),
        keep_sharing(resources),
        tell_strange_tasks(resources, settings.data_dir),
        inbox.keep_resuming(application, machine),
        machine.keep_hearing(partial(hear, services)),
        keep_clearing_up(services),
        *([tell_news(bot, services, started=True)] if news else []),
        machine.as_leader(partial(announce, bot, database, settings.admins)),
        machine.as_leader(partial(keep_sweeping, bot, database)),
        machine.as_leader(partial(keep_house, resources, services.workflows, *days, room)),
        machine.as_leader(partial(keep_sending, bot, services)),
        machine.as_leader(partial(keep_watch, application, services, webhook=webhook)),
    )


def hear(services: Services, word: str) -> None:
    """Hear a word of another machine."""
    if word == BROADCAST:
        services.broadcasting.set()
    services.workflows.hear(word)


async def listen(stack: AsyncExitStack, settings: Settings, resources: Resources, application: App) -> None:
    """Open the web server: links, health, and the webhook where that is how updates come."""

    async def take(body: bytes) -> None:
        await inbox.take_webhook(application, body)

    webhook = settings.telegram_updates == "webhook"
    web = build_web(
        resources.links,
        resources.objects,
        webhook=take if webhook else None,
        webhook_secret=webhook_secret(settings) if webhook else None,
        health=partial(health, resources.database),
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


def webhook_secret(settings: Settings) -> str:
    """The word by which Telegram's calls are known: derived from the token, so there is no other one to keep."""
    token = settings.telegram_bot_token
    return hmac.new((token.get_secret_value() if token else "").encode(), b"webhook", hashlib.sha256).hexdigest()
