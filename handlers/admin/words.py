"""What admins read of a render: where it is, what stands in its way, and what its person was told."""

from handlers.card_words import trouble_words
from handlers.texts import admin as texts
from handlers.texts import endings
from storage.renders import Render


def stage_of(render: Render) -> str:
    """Return where a render is, or how it ended."""
    return texts.STAGES[render.stage]()


def state_of(state: str | None) -> str:
    """Return how a task ended; a word that the service has made up stays as it is."""
    return texts.STATES[state]() if state in texts.STATES else state or ""


def troubled_by(render: Render) -> str:
    """Return what its person reads of what stands in the way of a render, in quotes; nothing where nothing does."""
    return f"“{trouble_words(render.trouble)}”" if render.trouble else ""


def told_of(reason: str | None) -> str:
    """Return what a person reads of why no video came, in quotes; nothing where the end says it all."""
    told = endings.ENDED.get(reason or "") or endings.REFUSED.get(reason or "")
    return f"“{told()}”" if told is not None else ""
