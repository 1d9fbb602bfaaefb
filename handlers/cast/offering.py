"""Faces as buttons: a short hash of its key stands for each, for a name is longer than a button's data may be."""

import hashlib
from collections.abc import Callable, Sequence

from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from handlers.cast.names import everybody
from handlers.cast.pictures import sheet_of, small_picture
from handlers.context import Services
from handlers.texts.cast import LET_SPEAK
from handlers.transport.keyboards import in_rows
from storage.cast import Face, slug

MOST_BUTTONS = 60
"""Telegram takes a hundred."""

MOST_SENTENCES = 4
"""Buttons that say *Let Anna speak*, each in a row of its own."""

SHORT = r"[0-9a-f]{12}"
"""What stands for a face, as a pattern."""


def token_of(face: Face) -> str:
    """Return what stands for a face in a button."""
    return hashlib.sha256(face.key.encode()).hexdigest()[:12]


async def face_of(services: Services, chat_id: int, token: str) -> Face | None:
    """Return the face that a button means: the chat's own, else a presenter; None once it is gone."""
    return next((face for face in await everybody(services, chat_id) if token_of(face) == token), None)


def offer(faces: Sequence[Face], data: Callable[[str], str]) -> InlineKeyboardMarkup | None:
    """Return a button with the name of each face; None where there is none.

    Args:
        data: of a button, by what stands for its face.
    """
    buttons = [InlineKeyboardButton(face.name, callback_data=data(token_of(face))) for face in faces[:MOST_BUTTONS]]
    return InlineKeyboardMarkup(in_rows(buttons)) if buttons else None


def speak_button(face: Face) -> InlineKeyboardButton:
    """Return the button that lets a face speak."""
    return InlineKeyboardButton(LET_SPEAK(name=face.name), callback_data=f"face:speak:{slug(face.name)}")


def speakers(faces: Sequence[Face], *, numbered: bool = False) -> InlineKeyboardMarkup:
    """Return a button for each face that lets it speak; where they are many, its name alone.

    Args:
        numbered: many faces stand above, on a sheet with numbers.
    """
    buttons = [speak_button(face) for face in faces[:MOST_BUTTONS]]
    if len(buttons) > MOST_SENTENCES:
        labels = numbered_names(faces) if numbered else [face.name for face in faces]
        buttons = [
            InlineKeyboardButton(label, callback_data=button.callback_data)
            for label, button in zip(labels, buttons, strict=False)
        ]
    return InlineKeyboardMarkup(in_rows(buttons))


def numbered_names(faces: Sequence[Face]) -> list[str]:
    """Return the names of faces, each with its number on a sheet of them; one alone has none."""
    if len(faces) == 1:
        return [faces[0].name]
    return [f"{number} {face.name}" for number, face in enumerate(faces, start=1)]


async def picture_of(services: Services, faces: Sequence[Face]) -> bytes | None:
    """Return the picture of a face, or of several as one; None where it is gone."""
    if len(faces) == 1:
        return await small_picture(services, faces[0].portrait_sha)
    return await sheet_of(services, [face.portrait_sha for face in faces[:MOST_BUTTONS]])
