"""Links: temporary signed URLs to objects.

`{PUBLIC_URL}/media/{key}.{ext}?expires=…&kid=…&signature=…`; the signature is an HMAC-SHA256 over the path and the
expiry. The path is signed as this server sees it, `/media/…`, without a prefix that PUBLIC_URL may have: a proxy that
publishes the bot under `https://host/bot` strips `/bot`.
"""

import asyncio
import hashlib
import hmac
import math
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from storage.book import Book
from storage.clock import unix_now
from storage.database import for_one_statement, insert
from storage.ledger import Look, note_look
from storage.link_keys import LinkKey
from storage.lost_looks import settle_lost_looks
from storage.machines import is_free
from storage.objects import Object
from storage.passing import until_written
from storage.reservations import free
from storage.sqlite import write_in_one_turn
from storage.tables import links, renders, reservations, tasks

OF = sa.or_(tasks.c.image_link == links.c.key, tasks.c.audio_link == links.c.key)

OF_A_TASK = sa.exists().where(OF)
HELD = sa.exists().where(OF, tasks.c.render_id == renders.c.id, renders.c.ended_at.is_(None))
"""A render that is still open may ask about the link."""

BY_KEY = sa.select(links).where(links.c.key == sa.bindparam("link"))

FETCHED = sa.update(links).where(links.c.key == sa.bindparam("link"), links.c.fetched_at.is_(None))

REMEMBERED = 1024
"""Rows kept in memory: a client that reads a file in many ranges costs one query a second."""

REMEMBERED_SECONDS = 1.0
"""Seconds that another process may still serve what this one has revoked; this one stops at once."""


class UrlState(StrEnum):
    """What a URL alone tells, before any row is read."""

    VALID = "valid"
    FORGED = "forged"
    EXPIRED = "expired"


@dataclass(frozen=True)
class Link:
    """One link; the URL is a secret for as long as it works."""

    key: str
    url: str = field(repr=False)
    expires_at: datetime


@dataclass(frozen=True)
class LinkRow:
    """The row of one link, times in Unix seconds."""

    key: str = field(repr=False)
    sha: str
    extension: str
    created_at: float
    expires_at: float
    revoked_at: float | None
    fetched_at: float | None
    owner: str | None = None

    @property
    def name(self) -> str:
        """The last part of its path."""
        return f"{self.key}.{self.extension}"


@dataclass(frozen=True)
class Remembered:
    """A row that was read, or is being read, and when that began."""

    row: asyncio.Future[LinkRow | None]
    began_at: float

    def is_old(self) -> bool:
        """Return whether it must be read again: after a second, or when reading failed."""
        failed = self.row.done() and (self.row.cancelled() or self.row.exception() is not None)
        return failed or time.monotonic() - self.began_at >= REMEMBERED_SECONDS


class Links:
    """Issues, verifies and revokes links.

    Args:
        keys: the first signs, all verify; a link that is out works until its key leaves this list.
        public_url: what comes before `/media/…` for the outside.
        ttl: how long a link lives.
        clock: Unix seconds.
        machine: that makes them: once it is gone, nobody else ends those that no render holds.
    """

    def __init__(
        self,
        database: AsyncEngine,
        keys: Sequence[LinkKey],
        public_url: str,
        ttl: timedelta,
        clock: Callable[[], float] = unix_now,
        machine: str | None = None,
    ) -> None:
        self._database = database
        self._machine = machine
        self._signing = keys[0]
        self._secrets = {key.kid: key.secret for key in keys}
        self._nobody = secrets.token_bytes(32)
        self._public_url = public_url.rstrip("/")
        self._ttl = ttl
        self._clock = clock
        self._remembered: OrderedDict[str, Remembered] = OrderedDict()

    async def issue(self, target: Object) -> Link:
        """Make a new link to an object."""
        (link,) = await self.issue_all(target)
        return link

    async def issue_all(self, *targets: Object) -> list[Link]:
        """Make a new link to each object, all or none."""
        now = self._clock()
        expires_at = math.ceil(now + self._ttl.total_seconds())
        rows = [
            LinkRow(secrets.token_urlsafe(16), target.sha, target.extension, now, expires_at, None, None, self._machine)
            for target in targets
        ]
        values = [{name: getattr(row, name) for name in LinkRow.__dataclass_fields__} for row in rows]

        async def write() -> None:
            async with for_one_statement(self._database) as connection:
                await connection.execute(insert(connection.dialect.name, links).values(values).on_conflict_do_nothing())

        await until_written(write)  # or one may be there that nobody knows of, and nobody ends
        return [self._link(row) for row in rows]

    async def url(self, key: str) -> str:
        """Return the URL of a link again: the very same one for as long as the same key signs.

        Raises:
            KeyError: there is no such link (any more).
        """
        row = await self._read(key)
        if row is None:
            raise KeyError("no such link")
        return self._link(row).url

    async def revoke(self, *keys: str) -> None:
        """End links for good; unknown and ended ones are no error."""
        if not keys:
            return
        change = sa.update(links).where(links.c.key.in_(keys), links.c.revoked_at.is_(None))
        async with for_one_statement(self._database) as connection:
            await connection.execute(change.values(revoked_at=self._clock()))
        for key in keys:
            self._remembered.pop(key, None)

    async def revoke_forgotten(self, look: Look, book: Book) -> int:
        """End the links that no open render holds, for machines that are gone, and settle their looks; return how many.

        Args:
            look: what a look at a photo costs; which account made it, its reservation says.
            book: by which it is written down.

        One that was fetched and was of no render was for a look at a photo, which is noted as paid. Who was killed
        after a fetch was written down, and before its first byte, notes a look that was not made; never the reverse.
        """
        forgotten = sa.and_(links.c.revoked_at.is_(None), is_free(links.c.owner), ~HELD)
        account = sa.func.coalesce(reservations.c.account, look.account)
        looked = (
            sa.select(links.c.key, account)
            .outerjoin(reservations, reservations.c.reference == links.c.key)
            .where(forgotten, links.c.fetched_at.is_not(None), ~OF_A_TASK)
        )
        async with self._database.begin() as connection:
            await settle_lost_looks(connection, book, look)
            for key, name in (await connection.execute(looked)).all():
                await note_look(connection, book, key, replace(look, account=name))
            unmade = sa.select(links.c.key).where(forgotten, links.c.fetched_at.is_(None))
            await free(connection, reservations.c.reference.in_(unmade))
            change = sa.update(links).where(forgotten).values(revoked_at=self._clock())
            return (await connection.execute(change)).rowcount

    async def fetched(self, key: str) -> bool:
        """Return whether any bytes have gone out through a link."""
        row = await self._read(key)
        return row is not None and row.fetched_at is not None

    async def mark_fetched(self, key: str) -> None:
        """Note the first time that bytes go out through a link; return in the loop's turn that wrote it."""
        await write_in_one_turn(self._database, FETCHED, {"link": key, "fetched_at": self._clock()})
        self._remembered.pop(key, None)

    def verify(self, path: str, query: Mapping[str, str]) -> UrlState:
        """Judge a request by its path (`/media/…`, as received) and its query.

        Costs the same whether the path, the key id or the signature is wrong.
        """
        expires = query.get("expires", "")
        secret = self._secrets.get(query.get("kid", ""), self._nobody)
        expected = _sign(secret, path, expires)
        if not hmac.compare_digest(expected, _bytes(query.get("signature", ""))):
            return UrlState.FORGED
        return UrlState.EXPIRED if self._clock() >= int(expires) else UrlState.VALID

    async def find(self, key: str) -> LinkRow | None:
        """Return the row of a link, at most a second old; those who ask together share one query."""
        known = self._remembered.get(key)
        if known is None or known.is_old():
            known = Remembered(asyncio.ensure_future(self._read(key)), time.monotonic())
            self._remembered[key] = known
            self._remembered.move_to_end(key)
            while len(self._remembered) > REMEMBERED:
                self._remembered.popitem(last=False)
        return known.row.result() if known.row.done() else await asyncio.shield(known.row)

    async def remove_old(self) -> int:
        """Delete expired links that no open render may still ask about; returns how many."""
        async with for_one_statement(self._database) as connection:
            old = sa.delete(links).where(links.c.expires_at < self._clock(), ~HELD)
            return (await connection.execute(old)).rowcount

    async def _read(self, key: str) -> LinkRow | None:
        async with self._database.connect() as connection:
            row = (await connection.execute(BY_KEY, {"link": key})).mappings().first()
        return LinkRow(**{each.name: row[each.name] for each in fields(LinkRow)}) if row else None

    def _link(self, row: LinkRow) -> Link:
        path, expires = f"/media/{row.name}", str(int(row.expires_at))
        signature = _sign(self._signing.secret, path, expires).decode()
        url = f"{self._public_url}{path}?expires={expires}&kid={self._signing.kid}&signature={signature}"
        return Link(row.key, url, datetime.fromtimestamp(row.expires_at, UTC))


def _sign(secret: bytes, path: str, expires: str) -> bytes:
    return hmac.new(secret, _bytes(f"{path}\n{expires}"), hashlib.sha256).hexdigest().encode()


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
