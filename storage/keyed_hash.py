"""Keyed hashes: know somebody or something again without keeping a name of it.

What must outlast `/forget` (an opt-out, a refusal, what somebody used of a day) is kept under the hash that a secret of
this bot gives it. Who has the database alone can neither read such a hash nor try names against it.
"""

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass, field
from pathlib import Path

from storage.secret_file import keep_once


@dataclass(frozen=True)
class KeyedHash:
    """The secret; called, it gives the hash of a value.

    Args:
        secret: 32 random bytes.
    """

    secret: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)

    def __call__(self, what: str, value: object) -> str:
        """Return the hash of a value in hex, 64 digits.

        Args:
            what: the kind of the value, such as `person`: equal values of two kinds have different hashes.
            value: such as a person's id.
        """
        return hmac.new(self.secret, f"{what}:{value}".encode(), hashlib.sha256).hexdigest()


def load_or_make_keyed_hash(path: Path) -> KeyedHash:
    """Read the secret kept at `path`; the first time, make one at random (mode 0600).

    Raises:
        ValueError: the file is there but damaged; the text names it.
        OSError: it can be neither read nor written.
    """
    if not path.exists():
        keep_once(path, secrets.token_hex(32).encode() + b"\n")
    text = path.read_bytes().strip()
    if not re.fullmatch(rb"[0-9a-f]{64}", text):
        raise ValueError(f"{path}: it holds no key; bring it back from a backup, or opt-outs and refusals are lost")
    return KeyedHash(bytes.fromhex(text.decode()))
