"""`emobot make`: videos from files, the same way as in a chat, with a progress bar instead of a card."""

import asyncio
import json
import sys
import tempfile
import time
from contextlib import AsyncExitStack, nullcontext, suppress
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

from bot.cli.local_engine import LocalEngine, local_engine
from bot.cli.make.pairs import Pair
from bot.cli.make.resources import Terminal, open_resources
from bot.cli.make.words import STAGES, TROUBLES, Status, Unmade, ending, unfit
from bot.dashscope.errors import DashscopeError
from bot.errors import OperatorError
from bot.logs import redactor
from bot.media.child import run_limited
from bot.media.errors import MediaError
from bot.media.jobs import fit_portrait, fit_voice
from bot.render.life import run_steps
from bot.render.ordering import price_of
from bot.render.polling import FIRST_PACE
from bot.render.resources import Resources
from bot.settings import Settings
from bot.web.server import CannotListen
from handlers.texts.language import spoken
from storage.ledger import spent
from storage.renders import Render, Stage, create_render, read_render
from storage.tasks import current_task, may_live

LOCAL_PACE = 0.6
"""Seconds of work per second of video of the embedded EMO on a small machine; the bar only."""


@dataclass(frozen=True)
class Wish:
    """What somebody at a terminal wants.

    Args:
        pairs: of portraits and voices, one video each.
        ratio: where the engine leaves a choice.
        style: how lively, where the engine leaves a choice.
        cut: whether a voice that is too long is cut at a pause.
        may_be_dear: whether all together may cost more than may be paid unasked.
        as_json: whether the outcomes are printed as JSON, a line each.
    """

    pairs: list[Pair]
    ratio: str = "1:1"
    style: str = "normal"
    cut: bool = False
    may_be_dear: bool = False
    as_json: bool = False

    def tell(
        self, pair: Pair, seconds: float | None, cost: Decimal, unmade: Unmade | None = None, note: str | None = None
    ) -> Status:
        """Say what became of a pair, and return its status."""
        why = redactor()(unmade.why) if unmade else note
        status = unmade.status if unmade else Status.MADE
        if self.as_json:
            files = {"portrait": str(pair.portrait), "voice": str(pair.voice)}
            outcome = {"video": None if unmade else str(pair.video), "status": int(status), "why": why}
            print(json.dumps({**files, **outcome, "seconds": seconds, "cny": f"{cost:.3f}"}), flush=True)  # noqa: T201
            return status
        if why:
            which = f"{pair.video.name}: " if len(self.pairs) > 1 else ""
            print(f"emobot: {which}{why}", file=sys.stderr)  # noqa: T201
        if unmade is None:
            print(pair.video, flush=True)  # noqa: T201
        return status


def make(settings: Settings, wish: Wish) -> int:
    """Make videos and say of each what became of it; return the exit status.

    Raises:
        OperatorError: nothing could be begun, and why.
    """
    real = settings.dashscope_api_key is not None and settings.engine != "local"
    with nullcontext() if real else local_engine(settings.log_level) as local:
        if local is not None:
            sys.stderr.write("No DASHSCOPE_API_KEY is used: a puppet on this machine makes this, not EMO or S2V.\n")
        try:
            return asyncio.run(_make(settings, local, wish))
        except CannotListen as error:
            raise OperatorError(str(error)) from error


async def _make(settings: Settings, local: LocalEngine | None, wish: Wish) -> int:
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="emobot-make-")))
        terminal = Terminal()
        resources = await open_resources(stack, settings, local, folder, terminal)
        columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
        console = Console(stderr=True)
        # What is printed goes to standard output, where others read it, and not through the bar to standard error.
        off = not console.is_terminal
        progress = Progress(*columns, console=console, transient=True, redirect_stdout=False, disable=off)
        bar = Bar(progress, progress.add_task("", total=1.0), len(wish.pairs), LOCAL_PACE if local else None)
        stack.callback(bar.hide)
        worst = Status.MADE
        orders: dict[int, Order] = {}
        for number, pair in enumerate(wish.pairs):
            bar.show("reading the files", number, 0.0)
            if len(wish.pairs) > 1 and pair.video.exists():
                bar.hide()
                wish.tell(pair, None, Decimal(0), note="it is there already, and is not made again")
                continue
            try:
                orders[number] = await _order(resources, settings.longest_voice, wish, pair)
            except MediaError as error:
                bar.hide()
                worst = max(worst, wish.tell(pair, None, Decimal(0), unfit(error)))
        dear = _too_dear(wish, sum((order.price for order in orders.values()), Decimal(0)), settings.ask_above)
        for number, order in orders.items():
            pair, unmade, cost = wish.pairs[number], dear, Decimal(0)
            if unmade is None:
                unmade, cost = await _make_one(resources, terminal, bar, number, pair, order)
            bar.hide()
            worst = max(worst, wish.tell(pair, order.seconds, cost, unmade))
    return worst


@dataclass(frozen=True)
class Order:
    """A pair that was read: the columns of its render, the seconds of its voice, and what the video should cost."""

    columns: dict[str, object]
    seconds: float
    price: Decimal


@dataclass(frozen=True)
class Bar:
    """One bar for all videos.

    Args:
        pace: seconds of work for a second of video, where it is known beforehand.
    """

    progress: Progress
    task: TaskID
    count: int
    pace: float | None

    def show(self, what: str, number: int, done: float) -> None:
        """Say what is done for which video, and how far it is (0 … 1)."""
        which = f"{number + 1} of {self.count}: " if self.count > 1 else ""
        self.progress.update(self.task, description=f"{which}{what}", completed=(number + done) / self.count)
        self.progress.start()

    def hide(self) -> None:
        """Take the bar away, so that a line can be printed."""
        self.progress.live.stop()


def _too_dear(wish: Wish, price: Decimal, ask_above: Decimal) -> Unmade | None:
    if price <= ask_above or wish.may_be_dear:
        return None
    what = "this video" if len(wish.pairs) == 1 else "these videos"
    return Unmade(
        f"{what} would cost about {price:.2f} CNY, and ASK_ABOVE is {ask_above}: nothing was paid; "
        f"add --yes to have {'it' if len(wish.pairs) == 1 else 'them'} made",
        Status.DEAR,
    )


async def _order(resources: Resources, longest: float, wish: Wish, pair: Pair) -> Order:
    """Make the files of a pair fit.

    Raises:
        MediaError: one of them is not.
    """
    objects, widest = resources.objects, resources.engine.picture.widest
    with objects.scratch() as scratch:
        face = await run_limited(fit_portrait(pair.portrait.resolve(), scratch / "portrait", widest=widest))
        sound = await run_limited(fit_voice(pair.voice.resolve(), scratch / "voice", limit=longest, cut=wish.cut))
        size = {"width": face.width, "height": face.height}
        portrait = await objects.add(scratch / "portrait", extension=face.extension, kind="portrait", **size)
        voice = await objects.add(scratch / "voice", extension=sound.extension, kind="voice", seconds=sound.seconds)
    nobody = {"chat_id": 0, "user_id": 0, "thread_id": 0, "voice_message_id": 0}
    files = {"portrait_sha": portrait.sha, "voice_sha": voice.sha, "mark": resources.labels.mark_for(spoken())}
    columns = {**resources.engine.columns(wish.ratio, wish.style), **nobody, **files}
    return Order(columns, sound.seconds, await price_of(resources, columns))


async def _make_one(
    resources: Resources, terminal: Terminal, bar: Bar, number: int, pair: Pair, order: Order
) -> tuple[Unmade | None, Decimal]:
    """Make one video; return why there is none, if there is none, and what was paid."""
    pair.video.parent.mkdir(parents=True, exist_ok=True)
    before = await spent(resources.database)
    render, _ = await create_render(resources.database, f"make:{number}", **order.columns)
    terminal.outputs[render.id] = pair.video
    life = asyncio.create_task(run_steps(resources, render.id, lambda _, step: step()))
    try:
        shut = await _watch(resources, render, life, bar, number, order.seconds)
    finally:
        await _abandon(resources, render)
    paid = await spent(resources.database) - before
    if shut is not None:
        return Unmade(shut), paid
    await life
    ended = await read_render(resources.database, render.id) or render
    return None if ended.stage is Stage.DELIVERED else ending(ended.stage, ended.reason), await spent(
        resources.database
    ) - before


async def _watch(
    resources: Resources, render: Render, life: "asyncio.Task[None]", bar: Bar, number: int, seconds: float
) -> str | None:
    """Show how far a video is until it has ended; return why the account cannot be used, which ends it, too."""
    expected = seconds * (bar.pace or resources.engine.first_pace or FIRST_PACE)
    while not life.done():
        now = await read_render(resources.database, render.id) or render
        _, task = await current_task(resources.database, render.id, now.parts)
        worked = time.time() - task.started_at if task and task.started_at else 0.0
        done = 1.0 if now.has_video else min(0.95, worked / max(1.0, expected))
        bar.show(TROUBLES.get(now.trouble or "", STAGES.get(now.stage, "ready")), number, done)
        if not resources.accounts.any_works and not await may_live(resources.database, render.id):
            life.cancel()
            await asyncio.wait({life})
            return next(why for account in resources.accounts.in_trouble for why in account.shut.values())
        await asyncio.wait({life}, timeout=0.2)
    return None


async def _abandon(resources: Resources, render: Render) -> None:
    """Take back a task that has not begun, before leaving."""
    left = await read_render(resources.database, render.id) or render
    _, task = await current_task(resources.database, render.id, left.parts)
    if left is not None and not left.ended and task is not None and task.task_id is not None:
        with suppress(DashscopeError):
            await resources.account_with(task).service.cancel(task.task_id)
