"""`emobot demo`: the real bot with a Telegram and an EMO service on this machine; no account, no key.

A first conversation plays itself and is printed. After that a chat page is open for more, until Ctrl-C.
"""

import asyncio
import shutil
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape

from bot.cli.demo_bot import EXAMPLES, PRESENTER, DemoBot
from bot.errors import OperatorError
from bot.sandbox.emo import EmoServer
from bot.sandbox.guard import random_key, random_token
from bot.sandbox.page import Cast, Link, make_cast, open_page
from bot.sandbox.page.site import PORTS
from bot.sandbox.puppet import detect_face, render_video
from bot.sandbox.telegram import Message, Person, TelegramServer

FIRST_WORD_SECONDS, VIDEO_SECONDS = 60.0, 120.0
FROM_A_CUSTOMER = "Hello! Is the green tea back in stock?"

PAGE = """
The video: {video}

Now it's your turn: open [bold]{url}[/bold] in a browser.
It is a chat with the bot, in which you can send your own photo and voice, and a look at what happens inside.
For customer support, be Mia: Jonas has written to her shop. Let {presenter} speak, and answer him by voice.
Ctrl-C ends.
"""


def demo(once: bool, port: int | None = None, engine: str = "emo") -> int:
    """Play the demo; return the exit status.

    Args:
        once: end after the first video, and print its path last.
        engine: whose place the puppet takes, `emo` or `s2v`.
        port: of the chat page; None: the first free one from 8081 on.

    Raises:
        OperatorError: it cannot be played, and why.
    """
    if not (EXAMPLES / "portrait.jpg").exists():
        raise OperatorError("the demo needs the folder examples/: run it from a checkout, with `make demo`")
    try:
        return asyncio.run(_demo(once, port, engine))
    except asyncio.CancelledError:  # told to stop by SIGTERM
        return 0


async def _demo(once: bool, port: int | None, engine: str) -> int:
    me = asyncio.current_task()
    if me is not None:
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, me.cancel)
    console = Console(highlight=False)
    folder = Path(tempfile.mkdtemp(prefix="emobot-demo-"))
    telegram = TelegramServer(token=random_token())
    emo = EmoServer(detect_face, render_video, api_keys=[random_key()])
    await telegram.start()
    await emo.start()
    try:
        you = telegram.person("You")
        talk = asyncio.create_task(_print_talk(telegram, you, console))
        async with AsyncExitStack() as stack:
            bot = DemoBot(telegram, emo, folder, engine)
            cast = make_cast(telegram, you, EXAMPLES, (Link(f"Let {PRESENTER} speak", f"as-{PRESENTER}"),))
            url = "" if once else await stack.enter_async_context(_page(telegram, emo, cast, port, bot))
            await bot.start()
            stack.push_async_callback(bot.stop)
            ended = asyncio.create_task(bot.ended())
            console.print(
                "The bot runs against a Telegram and a video service of its own, on this machine. "
                f"The video is made by a puppet, not by {engine.upper()}.\n"
            )
            await _or_ended(_first_conversation(you), ended, bot)
            video = _save_video(telegram, you, folder)
            if not once:
                cast.people[2].sends(FROM_A_CUSTOMER, chat=cast.dialogues[1])
                console.print(PAGE.format(video=video, url=url, presenter=PRESENTER))
                await _or_ended(_stay(), ended, bot)
            ended.cancel()
        talk.cancel()
    finally:
        await emo.stop()
        await telegram.stop()
        shutil.rmtree(folder / "data", ignore_errors=True)
    if once:
        sys.stdout.write(f"{video}\n")
    return 0


async def _first_conversation(you: Person) -> None:
    you.starts()
    for _ in ("the example", "what becomes of files"):
        await you.sees(lambda _: True, timeout=FIRST_WORD_SECONDS)
    you.sends_photo(EXAMPLES / "portrait.jpg")
    await you.sees(lambda message: message.edited_at is None, timeout=FIRST_WORD_SECONDS)
    you.sends_voice(EXAMPLES / "voice.ogg")
    await you.sees_video(timeout=VIDEO_SECONDS)


@asynccontextmanager
async def _page(
    telegram: TelegramServer, emo: EmoServer, cast: Cast, port: int | None, bot: DemoBot
) -> AsyncIterator[str]:
    """Open the chat page; yields its address."""
    try:
        page = await open_page(telegram, emo, cast, PORTS if port is None else [port], bot.restart)
    except OSError as error:
        raise OperatorError(f"the chat page cannot be opened: {error.strerror}; choose another --port") from None
    try:
        yield page.url
    finally:
        await page.close()


async def _stay() -> None:
    await asyncio.Event().wait()


async def _or_ended(talk: Coroutine[Any, Any, None], ended: "asyncio.Task[int]", bot: DemoBot) -> None:
    """Wait for a part of the demo, unless the bot ends before."""
    task = asyncio.create_task(talk)
    done, _ = await asyncio.wait({task, ended}, return_when=asyncio.FIRST_COMPLETED)
    if task in done:
        try:
            await task
        except AssertionError as error:
            raise OperatorError(f"the conversation got stuck: {error}; the bot's log is {bot.log}") from None
        return
    task.cancel()
    raise OperatorError(f"the bot ended by itself with status {ended.result()}; its log is {bot.log}")


def _save_video(telegram: TelegramServer, you: Person, folder: Path) -> Path:
    videos = [message for message in telegram.chat_history(you) if message.media == "video"]
    file = videos[-1].file
    if file is None:
        raise OperatorError("the bot's video has no file")
    target = folder / "talking.mp4"
    shutil.copyfile(file.path, target)
    return target


async def _print_talk(telegram: TelegramServer, you: Person, console: Console) -> None:
    """Print every message of the first person's own chat as it comes, and every edit."""
    async for event in telegram.events():
        if event.chat_id not in (None, you.chat.id):
            continue
        if event.kind in ("new", "edited") and event.message is not None:
            console.print(_line(event.message, edited=event.kind == "edited"))
        elif event.kind == "pressed" and event.data["answer"]["text"]:
            console.print(f"[dim]({escape(event.data['answer']['text'])})[/dim]")


def _line(message: Message, edited: bool) -> str:
    who = "[bold cyan]Bot[/]" if message.sender.is_bot else "[bold green]You[/]"
    kind = f"[italic]<{message.media.replace('_', ' ')}>[/] " if message.media else ""
    buttons = "".join(f" [reverse] {escape(label)} [/reverse]" for label in message.buttons)
    changed = "[dim](changes its message)[/] " if edited else ""
    return f"{who}: {changed}{kind}{escape(message.text)}{buttons}"
