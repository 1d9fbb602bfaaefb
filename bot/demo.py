"""`emobot demo`: the real bot with a Telegram and an EMO service on this machine; no account, no key.

A first conversation plays itself and is printed. After that, what is typed at the terminal is said in the chat.
"""

import asyncio
import os
import shutil
import signal
import socket
import sys
import tempfile
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape

from bot.errors import OperatorError
from bot.sandbox.emo import EmoServer
from bot.sandbox.puppet import detect_face, render_video
from bot.sandbox.telegram import Message, Person, TelegramServer
from bot.settings import SETTING_NAMES

EXAMPLES = Path(__file__).parents[1] / "examples"
KEY = "sandbox-key"
FIRST_WORD_SECONDS, VIDEO_SECONDS = 60.0, 120.0

PROMPT = """
Now it's your turn (Ctrl-D ends):
  photo FILE     send a photo                 voice FILE     send a voice message
  press LABEL    press the button LABEL       anything else  is said as it is: /status, /cancel, hello …
"""


def demo(once: bool) -> int:
    """Play the demo; returns the exit status.

    Args:
        once: end after the first video, and print its path last.

    Raises:
        OperatorError: it cannot be played, and why.
    """
    if not (EXAMPLES / "portrait.jpg").exists():
        raise OperatorError("the demo needs the folder examples/: run it from a checkout, with `make demo`")
    return asyncio.run(_demo(once))


async def _demo(once: bool) -> int:
    console = Console(highlight=False)
    folder = Path(tempfile.mkdtemp(prefix="emobot-demo-"))
    telegram, emo = TelegramServer(), EmoServer(detect_face, render_video, api_key=KEY)
    await telegram.start()
    await emo.start()
    try:
        you = telegram.person("You")
        talk = asyncio.create_task(_print_talk(telegram, console))
        async with _bot(telegram, emo, folder) as ended:
            console.print(
                "The bot runs against a Telegram and an EMO service of its own, on this machine. "
                "The video is made by a puppet, not by EMO.\n"
            )
            await _or_ended(_first_conversation(you), ended, folder)
            video = _save_video(telegram, you, folder)
            if not once:
                console.print(f"\nThe video: {video}")
                await _your_turn(you, console, ended, folder)
        talk.cancel()
    finally:
        await emo.stop()
        await telegram.stop()
        shutil.rmtree(folder / "data", ignore_errors=True)
    if once:
        sys.stdout.write(f"{video}\n")
    return 0


@asynccontextmanager
async def _bot(telegram: TelegramServer, emo: EmoServer, folder: Path) -> "AsyncIterator[asyncio.Task[int]]":
    """Run `emobot run` beside us; yields a task that ends when the bot does."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{probe.getsockname()[1]}"
    environment = {name: value for name, value in os.environ.items() if name.upper() not in SETTING_NAMES} | {
        "TELEGRAM_BOT_TOKEN": telegram.token,
        "TELEGRAM_API_URL": telegram.url,
        "DASHSCOPE_API_KEY": KEY,
        "EMO_BASE_URL": emo.url,
        "PUBLIC_URL": f"http://{address}",
        "LISTEN": address,
        "DATA_DIR": str(folder / "data"),
        "PYTHONPATH": str(EXAMPLES.parent),
    }
    with (folder / "bot.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bot", "run", env=environment, cwd=folder, stdout=log, stderr=log
        )
    ended = asyncio.create_task(process.wait())
    try:
        yield ended
    finally:
        with suppress(ProcessLookupError):
            process.send_signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(15):
                await ended
        except TimeoutError:
            process.kill()


async def _first_conversation(you: Person) -> None:
    you.starts()
    await you.sees(lambda _: True, timeout=FIRST_WORD_SECONDS)
    you.sends_photo(EXAMPLES / "portrait.jpg")
    await you.sees(lambda message: message.edited_at is None, timeout=FIRST_WORD_SECONDS)
    you.sends_voice(EXAMPLES / "voice.ogg")
    await you.sees_video(timeout=VIDEO_SECONDS)


async def _or_ended(talk: Coroutine[Any, Any, None], ended: "asyncio.Task[int]", folder: Path) -> None:
    """Wait for a part of the demo, unless the bot ends before."""
    task = asyncio.create_task(talk)
    done, _ = await asyncio.wait({task, ended}, return_when=asyncio.FIRST_COMPLETED)
    if task in done:
        try:
            await task
        except AssertionError as error:
            raise OperatorError(f"the conversation got stuck: {error}; the bot's log is {folder / 'bot.log'}") from None
        return
    task.cancel()
    raise OperatorError(f"the bot ended by itself with status {ended.result()}; its log is {folder / 'bot.log'}")


def _save_video(telegram: TelegramServer, you: Person, folder: Path) -> Path:
    videos = [message for message in telegram.chat_history(you) if message.media == "video"]
    file = videos[-1].file
    if file is None:
        raise OperatorError("the bot's video has no file")
    target = folder / "talking.mp4"
    shutil.copyfile(file.path, target)
    return target


async def _print_talk(telegram: TelegramServer, console: Console) -> None:
    """Print every message as it comes, and every edit."""
    async for event in telegram.events():
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


async def _your_turn(you: Person, console: Console, ended: "asyncio.Task[int]", folder: Path) -> None:
    """Say in the chat what is typed, until the input ends."""
    console.print(PROMPT)
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while True:
        line = asyncio.ensure_future(reader.readline())
        await asyncio.wait({line, ended}, return_when=asyncio.FIRST_COMPLETED)
        if not line.done():
            raise OperatorError(f"the bot ended by itself; its log is {folder / 'bot.log'}")
        if not line.result():
            return
        words = line.result().decode().strip()
        if words:
            try:
                _say(you, words)
            except (OSError, ValueError, AssertionError) as error:
                console.print(f"[red]{escape(str(error).splitlines()[0])}[/]")


def _say(you: Person, words: str) -> None:
    verb, _, rest = words.partition(" ")
    if verb == "photo":
        you.sends_photo(Path(rest).expanduser())
    elif verb == "voice":
        you.sends_voice(Path(rest).expanduser())
    elif verb == "press":
        with_buttons = [message for message in you.chat.messages.values() if message.buttons]
        if not with_buttons:
            raise ValueError("there is no button to press")
        you.presses(with_buttons[-1], rest)
    else:
        you.sends(words)
