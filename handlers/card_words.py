"""The words and the buttons of a card, as a render moves on and ends."""

from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from bot.dashscope.errors import VOICE_FAULTS
from bot.render.account import NO_MODEL
from bot.render.life import is_photo_at_fault
from bot.render.retry import FILES
from handlers import texts
from handlers.texts import endings
from handlers.texts.language import sentences
from handlers.transport.keyboards import in_rows
from storage.photo_changes import NEW_PHOTO
from storage.renders import Render, Stage

NOTABLE_PLACES = (1, 2, 3, 5, 8, 13, 21, 34, 55, 89)
"""Places in the queue at which the card moves."""

TROUBLES = {
    "account": texts.CARD_TROUBLE_ACCOUNT,
    "telegram": texts.CARD_TROUBLE_TELEGRAM,
    "video": texts.CARD_TROUBLE_VIDEO,
    FILES: texts.CARD_TROUBLE_FILES,
}
"""What stands in the way of a render; anything else is the service."""


def trouble_words(trouble: str) -> str:
    """Return what is said of what stands in the way."""
    return TROUBLES.get(trouble, texts.CARD_TROUBLE_SERVICE)()


def place_in_queue(ahead: int) -> str:
    """Return the words for how many renders are ahead."""
    notable = [place for place in NOTABLE_PLACES if place <= ahead]
    return texts.CARD_QUEUED(place=notable[-1] + 1) if notable else texts.CARD_NEXT()


def rendering(elapsed: float, expected: float | None) -> str:
    """How far a running task is, in words."""
    facts = {"elapsed": texts.clock(elapsed)}
    if expected is None or expected < 5:
        return texts.CARD_RENDERING(**facts)
    if elapsed > expected:
        return texts.CARD_RENDERING_LONGER(**facts)
    return texts.CARD_RENDERING_EXPECTED(expected=texts.clock(expected), **facts)


def ending(render: Render, contact: str | None = None) -> tuple[str, InlineKeyboardMarkup | None]:
    """What is said of a render that brought no video, or maybe did, and the buttons below.

    Args:
        contact: whom to ask when something is the operator's to mend.
    """
    if render.stage is Stage.REFUSED:
        said = [endings.REFUSED.get(render.reason or "", endings.PHOTO_REFUSED)()]
        said += [texts.VOICE_STAYS()] if is_photo_at_fault(render) else []
        said += [texts.PHOTO_STAYS()] if render.reason in VOICE_FAULTS else []
        return "\n".join(said), None
    if render.reason == NEW_PHOTO:
        keep = InlineKeyboardButton(texts.BUTTON_KEEP_PHOTO(), callback_data=f"render:{render.id}:keep")
        return texts.CHANGE_WAITS(), InlineKeyboardMarkup([[keep]])
    if render.stage is Stage.CANCELLED:
        return endings.ENDED.get(render.reason or "", endings.ENDED_CANCELLED)(), None
    text = endings.ENDED.get(render.reason or "", endings.ENDED_UNEXPLAINED)()
    if render.reason == NO_MODEL and contact:
        text = sentences(text, texts.CONTACT(contact=contact))
    if render.reason in ("file_gone", "too_large"):
        return text, None
    is_ready = render.reason in ("maybe_sent", "not_taken", "restored_made")
    label, does = (texts.BUTTON_SEND_AGAIN(), "resend") if is_ready else (texts.BUTTON_TRY_AGAIN(), "retry")
    return text, InlineKeyboardMarkup([[InlineKeyboardButton(label, callback_data=f"render:{render.id}:{does}")]])


def buttons_of(render: Render) -> InlineKeyboardMarkup | None:
    """Return the buttons of an open render's card."""
    cancel = InlineKeyboardButton(texts.BUTTON_CANCEL(), callback_data=f"render:{render.id}:cancel")
    if render.stage in (Stage.FETCHING, Stage.DELIVERING):
        return InlineKeyboardMarkup([[cancel]]) if render.trouble else None
    change = InlineKeyboardButton(texts.BUTTON_CHANGE_PHOTO(), callback_data=f"render:{render.id}:photo")
    last = [cancel] if render.duet_id is not None else [cancel, change]  # a duet's faces have been chosen by name
    if render.stage is not Stage.ASKING:
        return InlineKeyboardMarkup(in_rows(last))
    label = texts.BUTTON_AGREE(price=texts.price(render.asked_price))
    return InlineKeyboardMarkup(
        [[InlineKeyboardButton(label, callback_data=f"render:{render.id}:agree")], *in_rows(last)]
    )
