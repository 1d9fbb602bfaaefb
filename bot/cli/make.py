"""`emobot make`: one video from two files, the same way as in a chat, with a progress bar instead of a card."""

import asyncio
import shutil
import socket
import sys
import tempfile
import time
from contextlib import AsyncExitStack, nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path

import aiohttp
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from bot.cli.local_engine import LocalEngine, local_engine
from bot.dashscope.client import DashscopeClient
from bot.dashscope.errors import DashscopeError
from bot.engines.choose import choose
from bot.errors import OperatorError
from bot.media.child import run_limited
from bot.media.errors import MediaError, Reason
from bot.media.jobs import fit_portrait, fit_voice
from bot.render.accounts import Account, Accounts
from bot.render.audience import FileIdDead, Sent, Video
from bot.render.credentials import load_or_make_credentials
from bot.render.hosting import OwnLinks, Uploads
from bot.render.labelling import Labels
from bot.render.life import run_steps
from bot.render.ordering import price_of
from bot.render.parts import Parts
from bot.render.polling import FIRST_PACE
from bot.settings import THE_ONE, Settings
from bot.web.server import CannotListen, build_web, serve
from handlers import texts
from handlers.card import ending
from handlers.intake import why_unfit
from handlers.texts.language import spoken
from storage.database import migrate, open_database
from storage.link_keys import load_or_make_link_keys
from storage.links import Links
from storage.objects import Object, Objects
from storage.renders import Render, Stage, create_render, read_render
from storage.tasks import current_task

LOCAL_PACE = 0.6
"""Seconds of work per second of video of the embedded EMO on a small machine; the bar only."""

STAGES = {
    Stage.QUEUED: "starting",
    Stage.PREPARING: "preparing",
    Stage.CHECKING: "checking the face",
    Stage.SUBMITTING: "handing it over",
    Stage.WAITING: "making the video",
    Stage.FETCHING: "fetching it",
    Stage.DELIVERING: "writing it",
}


class Unmade(OperatorError):
    """There is no video; the text says why."""


@dataclass(frozen=True)
class Terminal:
    """The audience at a terminal: the video becomes a file."""

    output: Path

    async def send_video(self, render: Render, video: Video) -> Sent:
        """Write the video, whole or not at all."""
        unfinished = self.output.with_name(f".{self.output.name}.part")
        await asyncio.to_thread(shutil.copyfile, video.path, unfinished)
        unfinished.replace(self.output)
        return Sent(0, render.id)

    async def send_again(self, render: Render, file_id: str) -> Sent:  # noqa: ARG002
        """Refuse: a terminal keeps no earlier videos."""
        raise FileIdDead

    async def tell_end(self, render: Render) -> None:
        """Do nothing: `make` reads the row and says it."""

    async def clear_card(self, render: Render) -> None:
        """Do nothing: the bar ends by itself."""


@dataclass(frozen=True)
class Wish:
    """What somebody at a terminal wants.

    Args:
        portrait: an image.
        voice: any sound or film.
        output: where the video goes.
        ratio: where the engine leaves a choice.
        style: how lively, where the engine leaves a choice.
        cut: whether a voice that is too long is cut at a pause.
        may_be_dear: whether it may cost more than may be paid unasked.
    """

    portrait: Path
    voice: Path
    output: Path
    ratio: str = "1:1"
    style: str = "normal"
    cut: bool = False
    may_be_dear: bool = False


def make(settings: Settings, wish: Wish) -> int:
    """Make one video.

    Raises:
        OperatorError: there is none, and why.
    """
    real = settings.dashscope_api_key is not None and settings.engine != "local"
    with nullcontext() if real else local_engine(settings.log_level) as local:
        if local is not None:
            sys.stderr.write(
                "No DASHSCOPE_API_KEY is used: the embedded EMO makes this, a puppet and not the real one.\n"
            )
        try:
            asyncio.run(_make(settings, local, wish))
        except CannotListen as error:
            raise OperatorError(str(error)) from error
    sys.stdout.write(f"{wish.output}\n")
    return 0


async def _make(settings: Settings, local: LocalEngine | None, wish: Wish) -> None:
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="emobot-make-")))
        parts = await _open_parts(stack, settings, local, folder, Terminal(wish.output))
        face, sound = await _fit(parts, settings.longest_voice, wish)
        nobody = {"chat_id": 0, "user_id": 0, "thread_id": 0, "voice_message_id": 0}
        files = {"portrait_sha": face.sha, "voice_sha": sound.sha}
        mark = {"mark": parts.labels.mark_for(spoken())}
        order = {**parts.engine.columns(wish.ratio, wish.style), **nobody, **files, **mark}
        price = await price_of(parts, order)
        if price > settings.ask_above and not wish.may_be_dear:
            raise Unmade(
                f"this video would cost about {price:.2f} CNY, and ASK_ABOVE is {settings.ask_above}: "
                "nothing was paid; add --yes to have it made"
            )
        render, _ = await create_render(parts.database, "make", **order)
        life = asyncio.create_task(run_steps(parts, render.id, lambda _, step: step()))
        try:
            pace = LOCAL_PACE if local else parts.engine.first_pace or FIRST_PACE
            await _show_progress(parts, render, life, (sound.seconds or 0) * pace)
            await life
        finally:
            await _abandon(parts, render)
        ended = await read_render(parts.database, render.id) or render
        if ended.stage is not Stage.DELIVERED:
            raise Unmade(ending(ended)[0])


async def _open_parts(
    stack: AsyncExitStack, settings: Settings, local: LocalEngine | None, folder: Path, terminal: Terminal
) -> Parts:
    database = open_database(f"sqlite+aiosqlite:///{folder / 'make.db'}")
    stack.push_async_callback(database.dispose)
    await migrate(database)
    objects = Objects(folder / "objects", database)
    public = None if local else settings.public_url
    host, port = (settings.listen.host, settings.listen.port) if public else ("127.0.0.1", 0)
    keys = load_or_make_link_keys(folder / "link-secrets")
    port = port or _free_port(host)
    links = Links(database, keys, public or f"http://{host}:{port}", settings.link_ttl)
    runner = await serve(build_web(links, objects, webhook=None, webhook_secret=None, health=_healthy), host, port)
    stack.push_async_callback(runner.cleanup)
    session = await stack.enter_async_context(aiohttp.ClientSession())
    url, path = (local.url, None) if local else (settings.dashscope_base_url, settings.tasks_path)
    accounts = {THE_ONE: local.api_key} if local else {account.name: account.key for account in settings.accounts}
    upload = not local and settings.hosting == "upload"

    def connect(name: str, key: str) -> Account:
        service = DashscopeClient(session, url, key, tasks_path=path)
        return Account(name, service, Uploads(service, objects) if upload else OwnLinks(links))

    engines = choose("local" if local else settings.engine, settings.overrides)
    return Parts(
        database,
        objects,
        links,
        Accounts(connect, accounts),
        terminal,
        *engines,
        labels=Labels(settings.ai_mark, load_or_make_credentials(folder)),
    )


async def _fit(parts: Parts, longest: float, wish: Wish) -> tuple[Object, Object]:
    objects, widest = parts.objects, parts.engine.picture.widest
    with objects.scratch() as scratch:
        try:
            face = await run_limited(fit_portrait(wish.portrait.resolve(), scratch / "portrait", widest=widest))
            sound = await run_limited(fit_voice(wish.voice.resolve(), scratch / "voice", limit=longest, cut=wish.cut))
        except MediaError as error:
            raise Unmade(_why_unfit(error)) from error
        return (
            await objects.add(
                scratch / "portrait", extension=face.extension, kind="portrait", width=face.width, height=face.height
            ),
            await objects.add(scratch / "voice", extension=sound.extension, kind="voice", seconds=sound.seconds),
        )


def _why_unfit(error: MediaError) -> str:
    """Say why a file cannot be used, and what to do at a terminal, where it is not what one does in a chat."""
    if error.reason is not Reason.VOICE_TOO_LONG:
        return why_unfit(error)
    full, limit, cut = (float(error.facts[name]) for name in ("full_seconds", "limit", "cut_seconds"))
    return f"the voice has {full:g} s, and less than {limit:g} s are taken; add --cut to take {cut:g} s, up to a pause"


async def _show_progress(parts: Parts, render: Render, life: "asyncio.Task[None]", expected: float) -> None:
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        bar = progress.add_task(STAGES[Stage.QUEUED], total=1.0)
        while not life.done():
            now = await read_render(parts.database, render.id) or render
            _, task = await current_task(parts.database, render.id, render.parts)
            worked = time.time() - task.started_at if task and task.started_at else 0.0
            label = texts.CARD_TROUBLE_SERVICE() if now.trouble else STAGES.get(now.stage, "ready")
            done = 1.0 if now.has_video else min(0.95, worked / max(1.0, expected))
            progress.update(bar, description=label, completed=done)
            await asyncio.wait({life}, timeout=0.2)


async def _abandon(parts: Parts, render: Render) -> None:
    """Take back a task that has not begun, before leaving."""
    left = await read_render(parts.database, render.id) or render
    _, task = await current_task(parts.database, render.id, left.parts)
    if left is not None and not left.ended and task is not None and task.task_id is not None:
        with suppress(DashscopeError):
            await parts.account_with(task).service.cancel(task.task_id)


def _free_port(host: str) -> int:
    with socket.socket() as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


async def _healthy() -> dict[str, object]:
    return {}
