"""The card: one message for each render, edited as it moves on, few times, and gone when the video is there."""

import asyncio
import time
from dataclasses import dataclass
from functools import partial
from typing import Any

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine
from telegram import InlineKeyboardMarkup, Message, ReplyParameters
from telegram.error import BadRequest, RetryAfter, TelegramError
from telegram.ext import ExtBot

from bot.locks import KeyedLocks
from bot.render.audience import Barrier, ChatGone, MaybeSent, SendForbidden
from bot.render.machine import Machine
from bot.render.task import expected_seconds
from bot.render.timing import Timing
from handlers import texts
from handlers.card_words import NOTABLE_PLACES, buttons_of, ending, place_in_queue, rendering, trouble_words
from handlers.texts.language import sentences, speaking
from handlers.transport.flood import NOT_LATER
from handlers.transport.privately import tell_privately
from handlers.transport.refusals import Means, is_refusal
from handlers.transport.sending import retry_seconds, until_sent
from storage.clock import unix_now
from storage.objects import Objects
from storage.passing import PASSING, cause_of, until_written
from storage.queue import moving_renders, place_of
from storage.renders import UNORDERED, Render, Stage, end_render, note_card, read_render, update_render
from storage.tasks import current_task

log = structlog.get_logger(__name__)

MOST_WORK = 0.1
"""The share of the time that may go into the cards, however many there are."""


@dataclass
class Shown:
    """What a card says just now, when it was last edited, how often, and when it may be edited again."""

    text: str
    stage: Stage
    edits: int = 0
    not_before: float = 0.0


class Cards:
    """Sends, edits and removes the cards of one bot.

    Args:
        contact: whom to ask when something is the operator's to mend.
        machine: this one; each edits the cards of the renders that it leads, the one that leads also all that wait.
    """

    def __init__(
        self,
        bot: ExtBot[Any],
        database: AsyncEngine,
        objects: Objects,
        contact: str | None = None,
        timing: Timing | None = None,
        machine: Machine | None = None,
    ) -> None:
        self._machine = machine or Machine()
        self._bot = bot
        self._database = database
        self._objects = objects
        self._contact = contact
        self._timing = timing or Timing()
        self._shown: dict[str, Shown] = {}
        self._locks = KeyedLocks()

    async def open(self, render: Render) -> None:
        """Send the card of a new render; one that has a card already keeps it, and one can do without."""
        now = await read_render(self._database, render.id)
        if now is None or now.card_message_id is not None or now.ended:
            return
        text, buttons = await self._said(now, await place_of(self._database, now))
        refused: Barrier | None = None
        kept: Render | None = None
        async with self._locks.hold(render.id):
            try:
                message = await until_sent(partial(self._send, now, text, buttons), longest=60)
            except SendForbidden as error:
                refused = error.barrier
            except (MaybeSent, TelegramError) as error:
                log.warning("a render goes on without its card", render=render.id, why=str(error))
                return
            else:
                card = {"card_message_id": message.message_id}
                kept = await until_written(partial(update_render, self._database, render.id, **card))
                self._shown[render.id] = Shown(text, now.stage, not_before=time.monotonic() + self._timing.card_gaps[0])
        if refused is not None:
            await self._refuse(render, refused)
            return
        latest = kept or await read_render(self._database, render.id)
        if latest is not None and latest.ended and latest.card_message_id != message.message_id:
            await self._delete(latest, message.message_id)  # the video overtook its card

    async def _refuse(self, render: Render, barrier: Barrier) -> None:
        """End a render whose chat takes no word, and so no video, from the bot, while nothing is ordered yet."""
        log.warning("a chat takes no card", render=render.id, barrier=barrier)
        if await end_render(self._database, render.id, Stage.FAILED, barrier, only_from=UNORDERED):
            await self.end(await read_render(self._database, render.id) or render)

    async def keep_moving(self) -> None:
        """Edit the cards of open renders as they move on, until cancelled."""
        took = 0.0
        while True:
            await asyncio.sleep(max(self._timing.card_tick, took / MOST_WORK))
            began = time.monotonic()
            try:
                await self.move_all()
            except PASSING as error:
                log.warning("the cards could not be moved", why=cause_of(error))
            except Exception:
                log.exception("the cards could not be moved")
            took = time.monotonic() - began

    async def move_all(self) -> None:
        """Edit every card that has something new to say and may be edited now.

        Far back in the queue nothing changes, so that those who wait there, thousands or not, are not even looked at.
        """
        renders = await moving_renders(self._database, NOTABLE_PLACES[-1])
        for gone in self._shown.keys() - {render.id for render in renders}:
            del self._shown[gone]
        for place, render in enumerate(renders):
            if render.card_message_id is not None and self._is_ours(render):
                await self._move(render, place)

    def _is_ours(self, render: Render) -> bool:
        leads = self._machine.leads.is_set() or self._machine.id is None
        return render.owner == self._machine.id if render.owner is not None else leads

    async def _move(self, render: Render, place: int) -> None:
        shown = self._shown.setdefault(render.id, Shown("", render.stage))
        if time.monotonic() < shown.not_before:
            return
        text, buttons = await self._said(render, place)
        if shown.text == text:
            return
        async with self._locks.hold(render.id):
            latest = await read_render(self._database, render.id)
            if latest is None or latest.ended or not self._is_ours(latest):
                return
            shown.edits = 0 if render.stage is not shown.stage else shown.edits + 1
            gaps = self._timing.card_gaps
            shown.not_before = time.monotonic() + gaps[min(shown.edits, len(gaps) - 1)]
            shown.text, shown.stage = text, render.stage
            await self._edit(render, text, buttons)

    async def _edit(self, render: Render, text: str, buttons: InlineKeyboardMarkup | None) -> bool:
        """Edit a card; False when it is not there any more. Anything that passes is left to the next time."""
        try:
            await self._bot.edit_message_text(
                text, render.chat_id, render.card_message_id, reply_markup=buttons, rate_limit_args=NOT_LATER
            )
        except RetryAfter as error:
            shown = self._shown.setdefault(render.id, Shown("", render.stage))
            shown.text, shown.not_before = "", time.monotonic() + retry_seconds(error)
        except BadRequest as error:
            return is_refusal(error, Means.UNCHANGED)
        except TelegramError as error:
            log.info("a card could not be edited", render=render.id, why=str(error))
        return True

    async def end(self, render: Render) -> None:
        """Let the card say how the render ended; without a card, say it in a new message."""
        if render.forgotten:
            return
        with speaking(render.language):
            text, buttons = ending(render, self._contact)
        async with self._locks.hold(render.id):
            try:
                await self._say_end(render, text, buttons)
            except ChatGone:
                log.info("nobody is there to be told how a render ended", render=render.id)
            except SendForbidden as error:
                await tell_privately(self._bot, render.user_id, render.chat_id, error.barrier)

    async def _say_end(self, render: Render, text: str, buttons: InlineKeyboardMarkup | None) -> None:
        if render.card_message_id is not None and await self._edit_end(render, text, buttons):
            return
        message = await until_sent(partial(self._send, render, text, buttons), may_repeat=True)
        await until_written(partial(note_card, self._database, render.id, message.message_id))

    async def _edit_end(self, render: Render, text: str, buttons: InlineKeyboardMarkup | None) -> bool:
        """Let the card itself say how a render ended; False where it is gone, or the chat takes no edit."""
        try:
            await until_sent(
                lambda: self._bot.edit_message_text(text, render.chat_id, render.card_message_id, reply_markup=buttons),
                may_repeat=True,
            )
        except BadRequest as error:
            return is_refusal(error, Means.UNCHANGED)
        except SendForbidden:
            return False
        except (MaybeSent, TelegramError) as error:  # it may have arrived, and is not said twice
            log.warning("a card may not say how its render ended", render=render.id, why=str(error))
        return True

    async def _send(self, render: Render, text: str, buttons: InlineKeyboardMarkup | None) -> Message:
        return await self._bot.send_message(
            render.chat_id,
            text,
            message_thread_id=render.thread_id or None,
            reply_parameters=ReplyParameters(render.voice_message_id, allow_sending_without_reply=True),
            reply_markup=buttons,
        )

    async def clear(self, render: Render) -> None:
        """Delete the card: the video is there."""
        async with self._locks.hold(render.id):
            if render.card_message_id is not None:
                await self._delete(render, render.card_message_id)

    async def _delete(self, render: Render, message_id: int) -> None:
        try:
            await until_sent(lambda: self._bot.delete_message(render.chat_id, message_id), longest=60, may_repeat=True)
        except Exception as error:
            log.info("a card could not be deleted", render=render.id, why=str(error))

    async def describe(self, render: Render) -> str:
        """What the card of an open render says now, in a line."""
        return await self._progress(render, await place_of(self._database, render))

    async def _said(self, render: Render, place: int) -> tuple[str, InlineKeyboardMarkup | None]:
        """What the card of an open render says now, in the language of who asked for it, and its buttons."""
        with speaking(render.language):
            now = await self._progress(render, place)
            return (f"{render.opening}\n\n{now}" if render.opening else now), buttons_of(render)

    async def _progress(self, render: Render, place: int) -> str:
        if render.stage is Stage.ASKING:
            return texts.CARD_ASKING(price=texts.price(render.asked_price))
        if render.trouble == "account":
            asked = texts.CONTACT(contact=self._contact) if self._contact else ""
            return sentences(trouble_words(render.trouble), asked)
        if render.trouble:
            return trouble_words(render.trouble)
        if render.stage is Stage.QUEUED:
            return place_in_queue(place)
        if render.stage is Stage.WAITING:
            part, task = await current_task(self._database, render.id, render.parts)
            which = texts.CARD_PART(part=part, parts=render.parts) if render.parts > 1 else ""
            if task is not None and task.started_at is not None and not task.ended:
                expected = await expected_seconds(self._database, self._objects, render, part)
                return sentences(rendering(unix_now() - task.started_at, expected), which)
            return sentences(texts.CARD_PENDING(), which)
        return {
            Stage.PREPARING: texts.CARD_CHECKING(),
            Stage.CHECKING: texts.CARD_CHECKING(),
            Stage.SUBMITTING: texts.CARD_SUBMITTING(),
        }.get(render.stage, texts.CARD_SENDING())
