"""Secrets that all machines of a bot share: each keeps them in its DATA_DIR, and the database has them wrapped.

A machine that comes new takes them from there, so that links, hashes of people and signatures are the same on all. They
are encrypted under the bot's token, which every machine has and the database never sees: who has the database
alone can read nothing of them.
"""

import base64
import os
from collections.abc import Callable, Mapping
from pathlib import Path

import sqlalchemy as sa
import structlog
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy.ext.asyncio import AsyncEngine

from storage.database import DatabaseError, add_row, put_row
from storage.secret_file import keep_once
from storage.tables import kept_secrets

log = structlog.get_logger(__name__)

NONCE = 12
"""Bytes before what is encrypted."""


def wrap(secret: bytes, name: str, token: str) -> str:
    """Encrypt a secret under the bot's token."""
    nonce = os.urandom(NONCE)
    return base64.b64encode(nonce + _cipher(token).encrypt(nonce, secret, name.encode())).decode()


def unwrap(wrapped: str, name: str, token: str) -> bytes | None:
    """Return a secret, or None where it was wrapped under another token."""
    try:
        whole = base64.b64decode(wrapped)
        return _cipher(token).decrypt(whole[:NONCE], whole[NONCE:], name.encode())
    except (InvalidTag, ValueError):
        return None


def _cipher(token: str) -> AESGCM:
    return AESGCM(HKDF(SHA256(), 32, None, b"emobot shared secrets").derive(token.encode()))


async def share_secrets(
    database: AsyncEngine, data_dir: Path, token: str, makers: Mapping[str, Callable[[Path], object]]
) -> None:
    """See that the secrets in DATA_DIR are those that all machines have.

    Args:
        makers: by the names of the files: make one where it is missing.

    Raises:
        DatabaseError: they were wrapped under another token, and this machine does not have them.
    """
    for name, make in makers.items():
        path = data_dir / name
        wrapped = await _read(database, name)
        if wrapped is None:
            make(path)
            async with database.begin() as connection:
                await add_row(connection, kept_secrets, {"name": name, "wrapped": wrap(path.read_bytes(), name, token)})
            wrapped = await _read(database, name)  # another machine may have been first
        secret = unwrap(wrapped or "", name, token)
        if secret is None:
            await _wrap_again(database, path, name, token)
        elif (kept := _kept_at(path)) is None:
            keep_once(path, secret)
        elif kept != secret:
            path.replace(path.with_name(f"{name}.before"))
            keep_once(path, secret)
            log.warning("another machine's secret takes the place of this one's, which is kept beside it", file=name)


def _kept_at(path: Path) -> bytes | None:
    return path.read_bytes() if path.exists() else None


async def _wrap_again(database: AsyncEngine, path: Path, name: str, token: str) -> None:
    """Wrap a secret that this machine has under the bot's new token."""
    secret = _kept_at(path)
    if secret is None:
        raise DatabaseError(
            f"{name} in the database is encrypted under another TELEGRAM_BOT_TOKEN: copy {name} to DATA_DIR from a "
            "machine that ran before, or from a backup"
        )
    async with database.begin() as connection:
        row = {"name": name, "wrapped": wrap(secret, name, token)}
        await put_row(connection, kept_secrets, row, "wrapped")
    log.warning("a secret is encrypted under the bot's new token from now on", file=name)


async def _read(database: AsyncEngine, name: str) -> str | None:
    query = sa.select(kept_secrets.c.wrapped).where(kept_secrets.c.name == name)
    async with database.connect() as connection:
        found = (await connection.execute(query)).scalar()
    return None if found is None else str(found)
