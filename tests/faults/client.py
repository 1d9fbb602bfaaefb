"""A person who wants some videos, reads what the bot says, and does what it asks."""

import asyncio
import io
import tempfile
import time
from contextlib import suppress
from functools import cache
from pathlib import Path

from PIL import Image

from bot.sandbox.telegram import Person, TelegramServer
from bot.sandbox.telegram.events import Event
from bot.sandbox.telegram.message import Message
from handlers import texts
from handlers.texts import endings
from handlers.texts.limits import SHORT_OF
from tests.faults.calendar import Calendar
from tests.media.samples import RED, YELLOW, recorded, speech

VOICE_SECONDS = 1.0
PRESS_SECONDS = 15.0
SHORT = tuple(text.one.partition("{")[0] for text in (*SHORT_OF.values(), *endings.ENDED_OVER_BUDGET.values()))
SHORT_OF_MONTH = "this month"
"""How what is said begins when a budget has no room, and what is in it when it is the month's."""
SEND_AGAIN = (texts.FILE_UNREACHABLE(), texts.WENT_WRONG(), texts.NO_ROOM())


def tiny_portrait(number: int, side: int = 512) -> bytes:
    """A picture that nobody else sends."""
    image = Image.new("RGB", (side, side), RED)
    image.paste(YELLOW, (side // 4, side // 4, side * 3 // 4, side * 3 // 4))
    step = side * 3 // 32
    for bit in range(10):
        if number >> bit & 1:
            image.paste((0, 0, 0), (bit * step, 0, bit * step + step, step))
    file = io.BytesIO()
    image.save(file, "JPEG")
    return file.getvalue()


@cache
def brief_voice(number: int) -> bytes:
    """A voice message that nobody else sends."""
    with tempfile.TemporaryDirectory() as folder:
        return recorded(speech(VOICE_SECONDS, seed=number + 1), Path(folder) / "words.ogg").read_bytes()


class Client:
    """One person.

    Args:
        number: among all people.
        wants: how many videos.
        voice_first: the first voice is sent before the photo.
        calendar: tells when there is money again, where there may be none.
    """

    def __init__(
        self,
        telegram: TelegramServer,
        number: int,
        wants: int,
        voice_first: bool,
        calendar: Calendar | None = None,
    ) -> None:
        self.person: Person = telegram.person(f"Person {number}")
        self.wants = wants
        self.videos = [0] * wants
        self.asked: list[str] = []
        """What the bot had to ask: the first words of each question."""
        self.resent = [0] * wants
        """How often the bot asked for the voice of each want again."""
        self.came_at = self.answered_at = 0.0
        """When they had sent their first files, and read the first word on them, by the monotonic clock."""
        self._number = number
        self._calendar = calendar
        self._voice_first = voice_first
        self._want_of: dict[int, int] = {}
        self._photos: set[int] = set()
        self._refusals: set[int] = set()
        self._moved = asyncio.Event()
        self._later: set[asyncio.Task[None]] = set()

    @property
    def served(self) -> bool:
        """Whether every video has come."""
        return all(self.videos)

    def want_of(self, message_id: int) -> int | None:
        """Which want a voice message stands for."""
        return self._want_of.get(message_id)

    def prepare(self) -> None:
        """Record the first voice before they come: it takes longer than sending it."""
        brief_voice(self._number * 64)

    async def live(self) -> None:
        """Send everything: a new voice when the video of the one before has come."""
        if not self._voice_first:
            self._send_photo()
        self._send_voice(0)
        if self._voice_first:
            self._send_photo()
        self.came_at = time.monotonic()
        for want in range(self.wants):
            if want:
                self._send_voice(want)
            while not self.videos[want]:
                self._moved.clear()
                await self._moved.wait()

    def hears(self, event: Event) -> None:
        """Something happened in the chat."""
        message = event.message
        if event.kind not in ("new", "edited") or message is None or not message.sender.is_bot:
            return
        if not self.answered_at and not message.text.startswith(texts.FILES_GO_OUT.one.partition("{")[0]):
            self.answered_at = time.monotonic()
        want = self._want_of.get(message.reply_to.id) if message.reply_to else None
        if message.media == "video" and event.kind == "new":
            assert want is not None, "a video is a reply to a voice"
            self.videos[want] += 1
            self._moved.set()
        else:
            self._react(message, want)

    def _react(self, message: Message, want: int | None) -> None:
        """Do what a text asks for, after a moment."""
        labels = [button["text"] for row in (message.inline or {}).get("inline_keyboard", []) for button in row]
        offered = (texts.BUTTON_TRY_AGAIN(), texts.BUTTON_SEND_AGAIN())
        again = next((label for label in offered if label in labels), None)
        if message.text.startswith(SHORT):
            if message.id in self._refusals:  # its button is gone, for it was pressed
                return
            self._refusals.add(message.id)
            self._do_later(self._wait_for_money, message, again, want)
        elif again is not None:
            self._do_later(self._press, message, again, want)
        elif message.text.startswith(SEND_AGAIN) and message.reply_to is not None:
            self._do_later(self._send_again, message, message.reply_to.id, want)
        elif message.text.startswith(texts.VOICE_KEPT()):
            self._do_later(self._send_photo_once_more, message, None, want)

    def _do_later(self, action, *what) -> None:
        task = asyncio.create_task(self._do(action, *what))
        self._later.add(task)
        task.add_done_callback(self._later.discard)

    async def _do(self, action, message: Message, *what) -> None:
        await asyncio.sleep(0.5)
        doing = action(message, *what)
        if doing is not None:
            await doing

    async def _wait_for_money(self, message: Message, label: str | None, want: int | None) -> None:
        """Come back when there is money again: press what was offered, or send what was refused."""
        assert self._calendar is not None, "budgets have no room, and no day ends"
        said = message.text
        while said.startswith(SHORT):
            self.asked.append(said[:60])
            await self._calendar.wait_for_more(month=SHORT_OF_MONTH in said)
            if label is None:
                self._send_refused(message, want)
                return
            said = await self._press_until_answered(message, label, want)

    async def _press_until_answered(self, message: Message, label: str, want: int | None) -> str:
        """Press a button, again where the answer was lost and nothing has come of it; return what is answered."""
        while want is None or not self.videos[want]:
            pressed = self.person.presses(message, label)
            with suppress(AssertionError):
                return (await pressed.answer(timeout=PRESS_SECONDS)).text or ""
        return ""

    def _send_refused(self, message: Message, want: int | None) -> None:
        if want is not None:
            self.resent[want] += 1  # a kill right after the refusal has the first one read again, in the new day
            self._send_voice(want)
        elif message.reply_to is not None and message.reply_to.id in self._photos:
            self._send_photo()

    def _press(self, message: Message, label: str, want: int | None) -> None:
        if want is not None and self.videos[want]:
            return
        self.asked.append(message.text[:60])
        if message.id in message.chat.messages:
            self.person.presses(message, label)

    def _send_again(self, message: Message, message_id: int, want: int | None) -> None:
        self.asked.append(message.text[:60])
        if want is not None and not self.videos[want]:
            self.resent[want] += 1
            self._send_voice(want)
        elif message_id in self._photos:
            self._send_photo()

    def _send_photo_once_more(self, message: Message, _: None, want: int | None) -> None:
        """The photo after the voice is on its way already; asked a second time, it was lost."""
        if not self._voice_first or len(self._photos) > 1:
            self.asked.append(message.text[:60])
            self._send_photo()
        self._photos.add(-1)

    def _send_photo(self) -> None:
        self._photos.add(self.person.sends_photo(tiny_portrait(self._number)).id)

    def _send_voice(self, want: int) -> None:
        self._want_of[self.person.sends_voice(brief_voice(self._number * 64 + want)).id] = want
