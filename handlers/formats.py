"""Other formats of a delivered video, made here and paid never: a round note, a sticker, a soundless loop."""

import asyncio
import re
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine
from telegram import InputSticker, Message, ReplyParameters
from telegram.constants import ChatAction, StickerFormat
from telegram.error import BadRequest, Forbidden, TelegramError
from telegram.ext import ExtBot

from bot.locks import KeyedLocks
from bot.media.child import run_limited
from bot.media.errors import MediaError
from bot.media.facts import NOTE_SIDE, MediaFacts
from bot.media.jobs import Job, Mark, make_loop, make_note, make_sticker
from bot.render.audience import Barrier, ChatGone, FileIdDead, MaybeSent, SendForbidden, UploadTooLarge
from bot.render.labelling import Labels, mark_of
from handlers.texts import CAPTION
from handlers.texts import formats as texts
from handlers.texts.barriers import BARRIERS
from handlers.texts.language import speaking
from handlers.transport.attachments import Attachment
from handlers.transport.doing import shown_doing
from handlers.transport.files import Unreachable, save
from handlers.transport.refusals import Means, meaning_of
from handlers.transport.sending import TAKE_SECONDS, passes, until_sent
from storage.formats import forget_format, read_format, read_sticker_set, write_format, write_sticker_set
from storage.objects import Objects
from storage.passing import until_written
from storage.renders import Render
from storage.showings import note_showing
from storage.stickers import note_sticker
from storage.store import StoreAway

log = structlog.get_logger(__name__)

FORMATS = ("round", "sticker", "loop")
BUTTONS = re.compile(rf"render:[0-9a-f]{{1,32}}:({'|'.join(FORMATS)})")
"""The data of their buttons: work of seconds, which keeps nobody from what they do meanwhile."""
DOING = {"round": ChatAction.UPLOAD_VIDEO_NOTE, "sticker": ChatAction.CHOOSE_STICKER, "loop": ChatAction.UPLOAD_VIDEO}
EMOJI = "🗣"
STRANGERS = (Means.STRANGER, Means.GONE)
"""What is said of a person in whose name nothing can be made: their account is deleted, or they never pressed Start."""
LONGEST_TITLE = 64
"""Of a sticker set, as Telegram takes it."""

MAKE_SECONDS = 120.0
Maker = Callable[[Path, Path, Mark], Job[MediaFacts]]
MAKERS: dict[str, Maker] = {"round": make_note, "loop": make_loop, "sticker": make_sticker}


class NoFormat(Exception):
    """The format cannot be had; the text says why and what to do."""


class FormatMaker:
    """Makes and sends the other formats of one bot's videos."""

    def __init__(self, bot: ExtBot[Any], database: AsyncEngine, objects: Objects, labels: Labels) -> None:
        self._bot = bot
        self._database = database
        self._objects = objects
        self._labels = labels
        self._turns = KeyedLocks()
        self._making: set[tuple[str, str]] = set()

    async def send(self, render: Render, video_format: str, user_id: int) -> None:
        """Send another format of a delivered video: by its id where it was made before. Once, while it is on its way.

        Raises:
            NoFormat: it cannot be had; in the language being spoken.
        """
        wanted = (render.id, video_format)
        if wanted in self._making:
            return
        self._making.add(wanted)
        try:
            async with self._turns.hold(("format", render.chat_id)):
                await self._make_and_send(render, video_format, user_id)
        finally:
            self._making.discard(wanted)

    async def send_chosen(self, render: Render, video_format: str) -> None:
        """Send the format that a chat has chosen, behind the video; what stands in its way is only logged."""
        if video_format not in FORMATS or await read_format(self._database, render.id, video_format) is not None:
            return
        with speaking(render.language):
            try:
                await self.send(render, video_format, render.user_id)
            except NoFormat as why:
                log.info("a chosen format could not be sent", render=render.id, video_format=video_format, why=str(why))

    async def _make_and_send(self, render: Render, video_format: str, user_id: int) -> None:
        database = self._database
        try:
            file_id = await read_format(database, render.id, video_format)
            if file_id is not None:
                try:
                    await self._send(render, video_format, file_id)
                    return
                except FileIdDead:
                    await forget_format(database, render.id, video_format)
            async with shown_doing(self._bot, render.chat_id, render.thread_id, DOING[video_format]):
                file_id = await self._send_new(render, video_format, user_id)
            self._making.discard((render.id, video_format))  # it is there: whoever taps now wants it again
            if file_id is not None:
                await until_written(partial(write_format, database, render.id, video_format, file_id))
        except SendForbidden as error:
            word = texts.FORBIDDEN if error.barrier is Barrier.NO_VIDEOS else BARRIERS[error.barrier]
            raise NoFormat(word()) from error
        except MediaError as error:
            log.warning("a format could not be made", render=render.id, video_format=video_format, why=str(error))
            raise NoFormat(texts.FAILED()) from error
        except ChatGone as error:
            log.info("nobody is there to get a format", render=render.id, video_format=video_format, why=str(error))
        except MaybeSent as error:
            log.warning("a format may not have arrived", render=render.id, video_format=video_format, why=str(error))
            raise NoFormat(texts.MAYBE_SENT()) from error
        except (UploadTooLarge, TelegramError) as error:
            log.warning("Telegram took no format", render=render.id, video_format=video_format, why=str(error))
            may_pass = isinstance(error, TelegramError) and passes(error)
            raise NoFormat((texts.NOT_TAKEN if may_pass else texts.FAILED)()) from error

    async def _send_new(self, render: Render, video_format: str, user_id: int) -> str | None:
        """Make a format and send it; return the id by which it is sent again."""
        with self._objects.scratch() as folder:
            made = folder / "made"
            facts = await self._make(render, video_format, folder, made)
            if video_format != "sticker":
                return _file_id(await self._send(render, video_format, made, facts), video_format)
            file_id = await self._into_set(render, made.read_bytes(), user_id)
            await note_sticker(self._database, file_id, render.chat_id, render.portrait_owner_id)
            await self._send(render, video_format, file_id)
            return file_id

    async def _make(self, render: Render, video_format: str, folder: Path, made: Path) -> MediaFacts:
        async with video_of(self._bot, self._objects, render, folder / "video.mp4") as source:
            job = MAKERS[video_format](source, made, mark_of(render.mark))
            facts = await run_limited(job, seconds=MAKE_SECONDS)
        if video_format != "sticker":
            await self._labels.sign(made)
        return facts

    async def _send(
        self, render: Render, video_format: str, what: str | Path, facts: MediaFacts | None = None
    ) -> Message:
        calls: dict[str, Callable[..., Awaitable[Message]]] = {
            "round": self._bot.send_video_note,
            "sticker": self._bot.send_sticker,
            "loop": self._bot.send_animation,
        }
        named = {"round": "video_note", "sticker": "sticker", "loop": "animation"}[video_format]
        sent = what.read_bytes() if isinstance(what, Path) else what  # noqa: ASYNC240 - some 200 kB
        more: dict[str, Any] = {}
        if facts is not None:
            more["duration"] = max(1, round(facts.seconds))
            more |= {"length": NOTE_SIDE} if video_format == "round" else {"width": facts.width, "height": facts.height}

        if video_format == "loop":
            with speaking(render.language):
                more["caption"] = CAPTION()

        async def send() -> Message:
            return await calls[video_format](
                chat_id=render.chat_id,
                message_thread_id=render.thread_id or None,
                reply_parameters=ReplyParameters(render.voice_message_id, allow_sending_without_reply=True),
                read_timeout=TAKE_SECONDS,
                **{named: sent},
                **more,
            )

        sent_message = await until_sent(send, longest=60)
        await note_showing(self._database, render.chat_id, sent_message.message_id, render.id)
        return sent_message

    async def _into_set(self, render: Render, data: bytes, user_id: int) -> str:
        """Put a sticker into the chat's own set, which is made at the first, when it is full, or was deleted."""
        sticker = InputSticker(data, [EMOJI], StickerFormat.VIDEO)
        known = await read_sticker_set(self._database, render.chat_id)
        try:
            if known is not None:
                name, owner_id = known
                try:
                    await self._bot.add_sticker_to_set(owner_id, name, sticker)
                    return await self._last(name)
                except (BadRequest, Forbidden) as error:  # where its owner's account is gone, too, there is another
                    if meaning_of(error) not in (Means.SET_GONE, *STRANGERS):
                        raise
                    log.info("a sticker set takes no more; making another one", why=str(error))
            name = f"faces{secrets.token_hex(8)}_by_{self._bot.username}"
            room = LONGEST_TITLE - len(texts.SET_TITLE(name=" "))
            title = texts.SET_TITLE(name=(await self._chat_name(render.chat_id))[:room])
            await self._bot.create_new_sticker_set(user_id, name, title, [sticker])
            await write_sticker_set(self._database, render.chat_id, name, user_id)
            return await self._last(name)
        except TelegramError as error:
            if meaning_of(error) in STRANGERS:
                raise NoFormat(texts.START_FIRST()) from error
            log.warning("a sticker could not be put into its set", render=render.id, why=str(error))
            raise NoFormat(texts.FAILED()) from error

    async def _last(self, name: str) -> str:
        return (await self._bot.get_sticker_set(name)).stickers[-1].file_id

    async def _chat_name(self, chat_id: int) -> str:
        chat = await self._bot.get_chat(chat_id)
        return chat.title or chat.first_name or ""


@asynccontextmanager
async def video_of(bot: ExtBot[Any], objects: Objects, render: Render, target: Path) -> AsyncIterator[Path]:
    """Have the video of a render for the length of the block: the kept one, or from Telegram, as `target`.

    Raises:
        NoFormat: it is gone.
    """
    async with AsyncExitStack() as stack:
        path = await _kept_video(stack, objects, render)
        if path is None:
            if not render.video_file_id:
                raise NoFormat(texts.GONE())
            try:
                await save(Attachment(bot, render.video_file_id), target)
            except (Unreachable, MediaError) as error:
                raise NoFormat(texts.GONE()) from error
        yield path or target


async def _kept_video(stack: AsyncExitStack, objects: Objects, render: Render) -> Path | None:
    kept = await objects.get(render.video_sha or "")
    if kept is None:
        return None
    try:
        path = await stack.enter_async_context(objects.reading(kept))
    except StoreAway as error:
        log.warning("a kept video cannot be had; Telegram is asked for it", render=render.id, why=str(error))
        return None
    return path if await asyncio.to_thread(path.exists) else None


def _file_id(message: Message, video_format: str) -> str | None:
    """The id by which it is sent again; None where Telegram made something else of it, such as a video of a note."""
    kept = message.video_note if video_format == "round" else message.animation
    if kept is None:
        log.warning("Telegram made something else of a format", video_format=video_format)
    return kept.file_id if kept else None
