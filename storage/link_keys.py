"""The secrets that sign links: parsed from a setting, or made once and kept beside the data."""

import re
import secrets
from dataclasses import dataclass, field
from pathlib import Path

from storage.secret_file import keep_once

SHORTEST_SECRET = 32
"""Characters: 32 random ones cannot be guessed, and HMAC-SHA256 gains nothing from more than 32 bytes."""

_KID = re.compile(r"[A-Za-z0-9_-]{1,16}")


@dataclass(frozen=True)
class LinkKey:
    """One secret, and the short name by which a link says who signed it."""

    kid: str
    secret: bytes = field(repr=False)


def parse_link_keys(text: str) -> tuple[LinkKey, ...]:
    """Read `kid:secret[,kid:secret]`; the first key signs, all verify.

    Raises:
        ValueError: with what is wrong and what to do, never with a secret in it.
    """
    keys: list[LinkKey] = []
    for place, part in enumerate((part.strip() for part in text.split(",")), start=1):
        kid, colon, secret = part.partition(":")
        if not colon or not _KID.fullmatch(kid):
            raise ValueError(
                f"entry {place} is not kid:secret; a kid is 1 to 16 of A-Z a-z 0-9 _ -, and a secret holds no comma"
            )
        if len(secret) < SHORTEST_SECRET:
            raise ValueError(
                f"the secret of {kid!r} has {len(secret)} characters and needs {SHORTEST_SECRET}; "
                "make one with: openssl rand -hex 32"
            )
        if any(kid == key.kid for key in keys):
            raise ValueError(f"the kid {kid!r} is there twice; give each secret its own")
        keys.append(LinkKey(kid, secret.encode()))
    return tuple(keys)


def load_or_make_link_keys(path: Path) -> tuple[LinkKey, ...]:
    """Read the keys kept at `path`; the first time, make one at random (mode 0600).

    Two processes that start at the same moment end up with the same key, and a crash leaves a whole file or none.

    Raises:
        ValueError: the file is there but damaged; the text names it.
        OSError: it can be neither read nor written.
    """
    if not path.exists():
        keep_once(path, f"{secrets.token_hex(4)}:{secrets.token_hex(32)}\n".encode())
    try:
        return parse_link_keys(path.read_text(encoding="utf-8").strip())
    except ValueError as error:
        reason = "it is not text" if isinstance(error, UnicodeDecodeError) else str(error)
    raise ValueError(f"{path}: {reason}; mend it, or delete it and a new one is made (open links stop working)")
