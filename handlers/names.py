"""Names of faces: what may be one, and how one travels in a link."""

import hashlib
import re
import unicodedata

from handlers.intake import Unfit
from handlers.texts import cast as cast_texts
from storage.cast import key_of_name

LONGEST = 32
ODD = re.compile(r"[^\w \-'’.·]|_")
PLAIN = re.compile(r"[A-Za-z0-9]+([ -][A-Za-z0-9]+)*")


def clean_name(text: str) -> str:
    """A name as it is kept: single spaces, nothing around it.

    Raises:
        Unfit: it is empty, too long, or has characters that are no part of a name.
    """
    name = " ".join(unicodedata.normalize("NFKC", text).split())
    if not name:
        raise Unfit(cast_texts.NAME_MISSING())
    if len(name) > LONGEST:
        raise Unfit(cast_texts.NAME_TOO_LONG(most=LONGEST))
    if ODD.search(name) or not any(each.isalnum() for each in name):
        raise Unfit(cast_texts.NAME_ODD())
    return name


def slug(name: str) -> str:
    """A name in the 61 characters that a link's `start=as-…` leaves: letters, digits, `-` and `_`."""
    if PLAIN.fullmatch(name) and "--" not in name:
        return name.replace(" ", "_")
    return "x" + hashlib.sha256(key_of_name(name).encode()).hexdigest()[:20]
