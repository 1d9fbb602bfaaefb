"""Names of faces, as people write them behind a command, and the faces that they name."""

from collections.abc import Sequence

from handlers.context import Services
from handlers.intake import Unfit
from handlers.texts import cast as texts
from storage.cast import (
    LONGEST_NAME,
    PRESENTERS,
    Face,
    NameFault,
    faces,
    fault_of,
    find_face,
    key_of_name,
    near,
    tidy_name,
)

MOST_NAMES = 10
"""Names that are listed to somebody who asked for an unknown one."""


def clean_name(text: str) -> str:
    """Return a name as it is kept: single blanks, nothing around it.

    Raises:
        Unfit: it is empty, too long, or has characters that are no part of a name.
    """
    name = tidy_name(text)
    match fault_of(name):
        case NameFault.EMPTY:
            raise Unfit(texts.NAME_MISSING())
        case NameFault.TOO_LONG:
            raise Unfit(texts.NAME_TOO_LONG(most=LONGEST_NAME))
        case NameFault.ODD:
            raise Unfit(texts.NAME_ODD())
    return name


async def known_face(services: Services, chat_id: int, name: str) -> Face:
    """Return the face of that name: the chat's own, else a presenter.

    Raises:
        Unfit: there is none; the text names those that there are.
    """
    face = await find_face(services.parts.database, chat_id, name)
    if face is not None:
        return face
    known = await everybody(services, chat_id)
    if not known:
        raise Unfit(texts.UNKNOWN_NOBODY(name=name))
    if alike := near(name, known):
        raise Unfit(texts.UNKNOWN_NEAR(name=name, names=", ".join(alike)))
    raise Unfit(texts.UNKNOWN(name=name, names=", ".join(face.name for face in known[:MOST_NAMES])))


async def everybody(services: Services, chat_id: int) -> list[Face]:
    """Return the cast of a chat, and the presenters."""
    return [face for chat in (chat_id, PRESENTERS) for face in await faces(services.parts.database, chat)]


def two_names(words: list[str], known: Sequence[Face]) -> tuple[str, str]:
    """Return the names of `/rename OLD | NEW`; without the bar, the old one is the longest name that is known.

    Raises:
        Unfit: it cannot be told where one ends, or one is no name.
    """
    before, bar, after = " ".join(words).partition("|")
    if bar:
        return clean_name(before), clean_name(after)
    keys = {face.key for face in known}
    ends = [end for end in range(1, len(words)) if key_of_name(" ".join(words[:end])) in keys]
    if not ends and len(words) != 2:
        raise Unfit(texts.RENAME_HOW())
    end = max(ends, default=1)
    return clean_name(" ".join(words[:end])), clean_name(" ".join(words[end:]))
