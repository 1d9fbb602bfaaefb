"""The example video that newcomers see, finished as every other one, and sent by its id once Telegram has it."""

from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import structlog
from telegram import InlineKeyboardMarkup, Message

from bot.media.child import run_limited
from bot.media.errors import ChildError, MediaError
from bot.media.jobs import make_thumbnail
from bot.render.audience import FileIdDead
from bot.render.resources import Resources
from handlers.texts.language import spoken
from handlers.transport.sending import TAKE_SECONDS, until_sent

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Example:
    """A video that shows what the bot does.

    Args:
        video: without a mark.
        by_puppet: it is the one that comes with the bot.
    """

    video: Path
    by_puppet: bool
    _ids: dict[str, str] = field(default_factory=dict)
    """By their marks: what Telegram calls those that it has."""

    async def reply(
        self, resources: Resources, message: Message, caption: str, buttons: InlineKeyboardMarkup | None
    ) -> bool:
        """Answer with the video; return False where it cannot be used.

        Raises:
            ChatGone, SendForbidden, MaybeSent, TelegramError: see `until_sent`.
        """
        mark = resources.labels.mark_for(spoken())
        say = partial(message.reply_video, caption=caption, reply_markup=buttons, do_quote=False)
        if (file_id := self._ids.get(mark)) is not None:
            try:
                await until_sent(lambda: say(file_id), longest=60)
                return True
            except FileIdDead:
                del self._ids[mark]
        with resources.objects.scratch() as folder:
            made, thumbnail = folder / "example.mp4", folder / "thumbnail"
            try:
                facts = await resources.labels.finish(self.video, made, mark, resources.upload_limit)
                await run_limited(make_thumbnail(made, thumbnail))
            except (MediaError, ChildError) as error:
                log.error("the example for newcomers cannot be used", video=str(self.video), why=str(error))
                return False
            sent = await until_sent(
                lambda: say(
                    made,
                    thumbnail=thumbnail,
                    filename="example.mp4",
                    width=facts.width,
                    height=facts.height,
                    duration=round(facts.seconds),
                    supports_streaming=True,
                    read_timeout=TAKE_SECONDS,
                ),
                longest=60,
            )
        if sent.video is not None:
            self._ids[mark] = sent.video.file_id
        return True
