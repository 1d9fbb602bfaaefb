"""Names of faces, as people write them behind a command."""

from handlers.intake import Unfit
from handlers.texts import cast as texts
from storage.cast import LONGEST_NAME, NameFault, fault_of, tidy_name


def clean_name(text: str) -> str:
    """A name as it is kept: single blanks, nothing around it.

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
