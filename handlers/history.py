"""`/history`: somebody's last videos as one picture of numbered faces, and a button to get each again."""

from datetime import timedelta

from babel.dates import format_timedelta
from telegram import InlineKeyboardButton, InlineKeyboardMarkup, Update

from handlers.cast.names import everybody
from handlers.cast.pictures import sheet_of
from handlers.context import Context, services_of
from handlers.texts import clock
from handlers.texts import data as texts
from handlers.texts.language import isolated, spoken_locale
from handlers.texts.settings import RATIO, STYLE
from handlers.transport.answering import answer, answer_with_picture, key_of
from storage.clock import unix_now
from storage.renders import Render
from storage.videos import delivered_renders

MOST_VIDEOS = 8


async def show(update: Update, context: Context) -> None:
    """Show the person's last videos here."""
    message = update.message
    if message is None:
        return
    services, key = services_of(context), key_of(message)
    videos = await delivered_renders(services.resources.database, key.chat_id, key.user_id, MOST_VIDEOS)
    if not videos:
        await answer(message, texts.HISTORY_EMPTY())
        return
    names = {face.portrait_sha: face.name for face in await everybody(services, key.chat_id)}
    lines = [texts.HISTORY()]
    for number, video in enumerate(videos, start=1):
        name = isolated(names.get(video.portrait_sha, ""))
        facts = (name, *_format_of(video), clock(video.video_seconds or 0), _ago(video))
        lines.append(texts.HISTORY_LINE(number=number, facts=" · ".join(filter(None, facts))))
    buttons = [
        InlineKeyboardButton(str(number), callback_data=f"render:{video.id}:get")
        for number, video in enumerate(videos, start=1)
    ]
    rows = [buttons[start : start + 4] for start in range(0, len(buttons), 4)]
    await answer_with_picture(
        message,
        await sheet_of(services, [video.portrait_sha for video in videos]),
        "\n".join(lines),
        InlineKeyboardMarkup(rows),
    )


def _format_of(video: Render) -> list[str]:
    """Return shape and liveliness, where the engine leaves a choice."""
    return [text() for text in (RATIO.get(video.ratio), STYLE.get(video.style)) if text is not None]


def _ago(video: Render) -> str:
    """Return how long ago a video was asked for, such as "2 hours ago"."""
    return format_timedelta(
        timedelta(seconds=min(video.created_at - unix_now(), -1)), add_direction=True, locale=spoken_locale()
    )
