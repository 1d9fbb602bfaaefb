"""What the bot is built of: each part opened with the operator's settings, and joined with the others."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from sqlalchemy.ext.asyncio import AsyncEngine
from telegram.ext import Application, ApplicationBuilder

from bot.background import cancel_all, first_end
from bot.dashscope.client import DashscopeClient
from bot.engines.choose import choose
from bot.gates.access import Access
from bot.gates.limits import MEGABYTE, Limits
from bot.gates.money import Money
from bot.presenters import READY_FACES, find_example
from bot.render.accounts import Account, Accounts
from bot.render.credentials import KEPT_AS, Credentials, load_credentials, load_or_make_credentials
from bot.render.hosting import OwnLinks, Uploads
from bot.render.labelling import Labels
from bot.render.machine import Machine
from bot.render.reach import Reach, Way, stay_in_reach, wait_for_a_way
from bot.render.resources import Resources
from bot.render.timing import Timing
from bot.render.workflow import VERSION, Workflows
from bot.settings import THE_ONE, Settings
from handlers.card import Cards
from handlers.context import Services
from handlers.delivery import Chats
from handlers.duet.sending import Duets
from handlers.formats import FormatMaker
from handlers.start.example import Example
from handlers.transport import inbox
from handlers.transport.corrections import Corrections
from handlers.transport.http import AiohttpRequest, proxy_to
from handlers.transport.patient_application import PatientApplication
from storage.book import Book
from storage.clock import unix_now
from storage.database import open_database
from storage.inbox import Body
from storage.keyed_hash import load_or_make_keyed_hash
from storage.link_keys import load_or_make_link_keys
from storage.links import Links
from storage.objects import Objects
from storage.postgresql import PatientEngine, open_beside
from storage.refusals import seal_old_answers
from storage.restored import note_restored
from storage.shared_secrets import share_secrets
from storage.upgrade import migrate
from storage.whereabouts import open_objects

App = Application[Any, Any, Any, Any, Any, Any]


@dataclass(frozen=True)
class Rows:
    """The database, and this machine among those that work on it.

    Args:
        end: ends only when this machine may not go on: others gave it up, or go on in its place.
        unanswered: updates that a backup has left.
    """

    database: AsyncEngine
    machine: Machine
    end: "asyncio.Task[None]"
    unanswered: list[Body]


async def open_rows(stack: AsyncExitStack, settings: Settings, timing: Timing) -> Rows:
    """Open the database, and live among the others there."""
    url, reach = settings.database_url, Reach(ways_of(settings))
    database, heart = open_database(url, patient=True), None if url.startswith("sqlite") else open_beside(url)
    for engine in (database, heart):
        if engine is not None:
            stack.push_async_callback(engine.dispose)
    await migrate(database)
    if heart is not None:
        await share_what_signs(settings, database)
        await wait_for_a_way(database, reach, timing.look_out)
    machine = Machine(database, heart)
    await machine.join(VERSION)
    stack.push_async_callback(machine.leave)
    await migrate(database)  # once more: before it had joined, a newer version could take away what this one needs
    if isinstance(database, PatientEngine):
        database.sure = machine.sure
    works = (machine.keep_living(), stay_in_reach(machine, reach, timing.look_out, timing.cut_off))
    living = [asyncio.create_task(work) for work in works]
    end = asyncio.create_task(first_end(living))
    stack.push_async_callback(cancel_all, [end, *living])
    return Rows(database, machine, end, await note_restored(settings.data_dir, database))


def ways_of(settings: Settings) -> list[Way]:
    """Return what a machine must reach to be of use, beside the database."""
    api = settings.telegram_api_url
    ways = [Way("Telegram", api, proxy_to(api))]
    if settings.engine != "local":
        ways.append(Way("the service", settings.dashscope_base_url))
    if settings.bucket is not None:
        address = settings.bucket.url
        ways.append(Way("the bucket", address, proxy_to(address)))
    return ways


async def share_what_signs(settings: Settings, database: AsyncEngine) -> None:
    """See that what signs links and videos, and hashes people, is the same on all machines."""
    token = settings.telegram_bot_token
    makers: dict[str, Callable[[Path], object]] = {"hash-key": load_or_make_keyed_hash}
    if not settings.link_secrets:
        makers["link-secrets"] = load_or_make_link_keys
    if settings.c2pa_certificate is None:
        makers[KEPT_AS] = lambda path: load_or_make_credentials(path.parent)
    await share_secrets(database, settings.data_dir, token.get_secret_value() if token else "", makers)


async def open_resources(
    stack: AsyncExitStack,
    settings: Settings,
    timing: Timing,
    database: AsyncEngine,
    application: App,
    money: Money,
    machine: Machine,
) -> tuple[Resources, Chats]:
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
    resources = Resources(
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
    return resources, chats


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
            clock=unix_now,
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


def services_for(settings: Settings, resources: Resources, workflows: Workflows, chats: Chats) -> Services:
    """Join what the handlers work with."""
    video = find_example(settings.presenters_dir or READY_FACES)
    return Services(
        resources=resources,
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
