"""Names of faces, as people write them after a command or in an answer, and the faces that they name."""

from collections.abc import Sequence

from handlers.context import Services
from handlers.intake import Unfit
from handlers.texts import cast as texts
from handlers.texts.language import listed
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


class Nameless(Exception):
    """No name was written: the person is to choose."""


class Unknown(Unfit):
    """Nobody has that name.

    Args:
        faces: that may have been meant.
    """

    def __init__(self, text: str, faces: Sequence[Face]) -> None:
        super().__init__(text)
        self.faces = faces


def clean_name(text: str) -> str:
    """Return a name as it is kept: single blanks, nothing around it.

    Raises:
        Nameless: it is empty.
        Unfit: it is too long, or has characters that are no part of a name.
    """
    name = tidy_name(text)
    match fault_of(name):
        case NameFault.EMPTY:
            raise Nameless
        case NameFault.TOO_LONG:
            raise Unfit(texts.NAME_TOO_LONG(most=LONGEST_NAME))
        case NameFault.ODD:
            raise Unfit(texts.NAME_ODD())
    return name


async def known_face(services: Services, chat_id: int, name: str) -> Face:
    """Return the face of that name: the chat's own, else a presenter.

    Raises:
        Unknown: there is none; the text names those that there are.
    """
    face = await find_face(services.resources.database, chat_id, name)
    if face is not None:
        return face
    known = await everybody(services, chat_id)
    if not known:
        raise Unknown(texts.UNKNOWN_NOBODY(name=name), [])
    if alike := near(name, known):
        meant = [face for face in known if face.name in alike]
        raise Unknown(texts.UNKNOWN_NEAR(name=name, names=listed(alike, "or")), meant)
    raise Unknown(texts.UNKNOWN(name=name, names=listed(face.name for face in known[:MOST_NAMES])), known)


async def everybody(services: Services, chat_id: int) -> list[Face]:
    """Return the cast of a chat, and the presenters."""
    return [face for chat in (chat_id, PRESENTERS) for face in await faces(services.resources.database, chat)]


def two_names(words: Sequence[str], known: Sequence[Face]) -> tuple[str, str | None]:
    """Return the names of `OLD | NEW`; without the bar, the old one is the longest name that is known.

    Of one name alone, that one.

    Raises:
        Nameless: there is none, or it cannot be told where one ends.
        Unfit: one is no name.
    """
    before, bar, after = " ".join(words).partition("|")
    if bar and after.strip():
        return clean_name(before), clean_name(after)
    words = before.split()
    keys = {face.key for face in known}
    ends = [end for end in range(1, len(words) + 1) if key_of_name(" ".join(words[:end])) in keys]
    if not ends and len(words) > 2:
        raise Nameless
    end = max(ends, default=1)
    rest = " ".join(words[end:])
    return clean_name(" ".join(words[:end])), clean_name(rest) if rest else None
