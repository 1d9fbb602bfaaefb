"""Links that are signed, known again, ended and forgotten."""

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from urllib.parse import parse_qs, urlsplit

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from storage.book import Book
from storage.counts import used
from storage.database import open_database
from storage.ledger import Look
from storage.link_keys import LinkKey
from storage.links import LinkRow, Links, UrlState
from storage.lost_looks import name_uploaded_look
from storage.machines import join
from storage.objects import Object
from storage.renders import Stage, create_render, end_render
from storage.reservations import Item, reference_of, reserve, reserved
from storage.tables import ledger
from storage.tasks import write_intent
from storage.upgrade import newest_revision

OLD, NEW = LinkKey("old", b"o" * 32), LinkKey("new", b"n" * 32)
FACE = Object("f" * 64, "jpg", "portrait", 6, 400, 400, None, used_at=0)
NOON = 1_800_000_000.0
DAY = timedelta(days=1)


class Clock:
    """A clock that goes when it is told to."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def links(database: AsyncEngine, clock: Clock) -> Links:
    return Links(database, [OLD], "https://bot.example/prefix/", DAY, clock)


def parts(url: str) -> tuple[str, dict[str, str]]:
    split = urlsplit(url)
    return split.path.removeprefix("/prefix"), {name: values[0] for name, values in parse_qs(split.query).items()}


async def found(links: Links, key: str) -> LinkRow:
    row = await links.find(key)
    assert row is not None
    return row


async def test_a_link_says_where_until_when_and_who_signed(links: Links) -> None:
    link = await links.issue(FACE)
    assert re.fullmatch(
        r"https://bot\.example/prefix/media/[\w-]{22}\.jpg\?expires=\d+&kid=old&signature=[0-9a-f]{64}", link.url
    )
    assert link.expires_at == datetime.fromtimestamp(NOON, UTC) + DAY
    assert links.verify(*parts(link.url)) is UrlState.VALID


async def test_no_two_links_are_alike_though_the_object_is(links: Links) -> None:
    first, second = await links.issue(FACE), await links.issue(FACE)
    assert first.key != second.key
    assert FACE.sha not in first.url


async def test_a_link_is_not_shown_by_its_repr(links: Links) -> None:
    link = await links.issue(FACE)
    row = await links.find(link.key)
    assert parts(link.url)[1]["signature"] not in repr(link)
    assert link.key not in repr(row)
    assert "oooo" not in repr(OLD)


async def test_its_url_is_the_same_again_also_after_a_restart(
    links: Links, database: AsyncEngine, clock: Clock
) -> None:
    link = await links.issue(FACE)
    again = Links(database, [OLD], "https://bot.example/prefix", DAY, clock)
    assert await again.url(link.key) == link.url
    with pytest.raises(KeyError):
        await links.url("unknown")


async def test_whatever_is_changed_in_it_makes_it_worthless(links: Links) -> None:
    link, other = await links.issue(FACE), await links.issue(FACE)
    path, query = parts(link.url)
    forgeries = [
        (parts(other.url)[0], query),
        (path.replace(".jpg", ".mp4"), query),
        (path.replace("media", "Media"), query),
        ("/prefix" + path, query),
        ("", {}),
        (path, {}),
        (path, query | {"expires": str(int(query["expires"]) + 1)}),
        (path, query | {"expires": "0" + query["expires"]}),
        (path, query | {"expires": ""}),
        (path, query | {"expires": "\ud800"}),
        (path, query | {"kid": "new"}),
        (path, query | {"kid": ""}),
        (path, query | {"signature": ""}),
        (path, query | {"signature": query["signature"][:-1]}),
        (path, query | {"signature": query["signature"].upper()}),
        (path, query | {"signature": "é" * 64}),
        (path, {name: value for name, value in query.items() if name != "signature"}),
    ]
    assert {links.verify(*forgery) for forgery in forgeries} == {UrlState.FORGED}
    assert links.verify(path, query) is UrlState.VALID


async def test_it_ends_on_the_second(links: Links, clock: Clock) -> None:
    path, query = parts((await links.issue(FACE)).url)
    clock.now = NOON + 86400 - 0.01
    assert links.verify(path, query) is UrlState.VALID
    clock.now = NOON + 86400
    assert links.verify(path, query) is UrlState.EXPIRED


async def test_keys_rotate_while_links_are_out(links: Links, database: AsyncEngine, clock: Clock) -> None:
    before = await links.issue(FACE)
    both = Links(database, [NEW, OLD], "https://bot.example/prefix", DAY, clock)
    after = await both.issue(FACE)
    assert parts(after.url)[1]["kid"] == "new"
    assert both.verify(*parts(before.url)) is UrlState.VALID
    assert both.verify(*parts(after.url)) is UrlState.VALID
    only_new = Links(database, [NEW], "https://bot.example/prefix", DAY, clock)
    assert only_new.verify(*parts(before.url)) is UrlState.FORGED
    assert only_new.verify(*parts(after.url)) is UrlState.VALID


async def test_a_fetch_is_known_once_it_happened_and_the_first_one_counts(links: Links, clock: Clock) -> None:
    link = await links.issue(FACE)
    assert not await links.fetched(link.key)
    await links.mark_fetched(link.key)
    clock.now += 60
    await links.mark_fetched(link.key)
    assert await links.fetched(link.key)
    assert (await found(links, link.key)).fetched_at == NOON
    assert not await links.fetched("unknown")


async def test_a_revoked_link_is_known_as_such_at_once(links: Links, clock: Clock) -> None:
    first, second, third = [await links.issue(FACE) for _ in range(3)]
    for link in (first, second, third):
        assert (await found(links, link.key)).revoked_at is None
    await links.revoke(first.key, second.key, "unknown")
    assert [(await found(links, link.key)).revoked_at for link in (first, second, third)] == [NOON, NOON, None]
    clock.now += 60
    await links.revoke(first.key)
    await links.revoke()
    assert (await found(links, first.key)).revoked_at == NOON


async def test_another_process_knows_within_a_second(
    links: Links, migrated_url: str, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = open_database(migrated_url)
    elsewhere = Links(database, [OLD], "https://bot.example/prefix", DAY, clock)
    link = await links.issue(FACE)
    now = 100.0
    monkeypatch.setattr("storage.links.time.monotonic", lambda: now)
    assert (await found(elsewhere, link.key)).revoked_at is None
    await links.revoke(link.key)
    now = 101.0
    assert (await found(elsewhere, link.key)).revoked_at == NOON
    await database.dispose()


async def test_a_row_read_before_a_revocation_is_not_remembered_after_it(
    links: Links, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = await links.issue(FACE)
    read = links._read

    async def read_and_be_overtaken(key: str) -> LinkRow | None:
        row = await read(key)
        await links.revoke(key)
        return row

    monkeypatch.setattr(links, "_read", read_and_be_overtaken)
    await links.find(link.key)
    monkeypatch.undo()
    assert (await found(links, link.key)).revoked_at == NOON


async def test_only_so_many_rows_are_remembered(links: Links, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("storage.links.REMEMBERED", 3)
    for number in range(10):
        await links.find(f"key {number}")
    assert list(links._remembered) == ["key 7", "key 8", "key 9"]


async def test_old_links_go_unless_an_open_render_may_ask_about_them(
    links: Links, database: AsyncEngine, clock: Clock
) -> None:
    old, asked, ended = [await links.issue(FACE) for _ in range(3)]
    row = {"chat_id": 1, "user_id": 1, "thread_id": 0, "voice_message_id": 1, "ratio": "1:1", "style": "normal"}
    row |= {"portrait_sha": FACE.sha, "voice_sha": FACE.sha}
    order = {"part": 1, "attempt": 1, "engine": "emo", "model": "emo-v1", "second_price": "0.08"}
    going_on, _ = await create_render(database, "open", **row)
    await write_intent(database, going_on.id, account="one", audio_link=asked.key, **order)
    over, _ = await create_render(database, "ended", **row)
    await write_intent(database, over.id, account="two", image_link=ended.key, **order)
    await end_render(database, over.id, Stage.DELIVERED)
    clock.now = NOON + 2 * 86400
    fresh = await links.issue(FACE)
    assert await links.remove_old() == 2
    assert await links.url(asked.key)
    assert await links.url(fresh.key)
    for link in (old, ended):
        with pytest.raises(KeyError):
            await links.url(link.key)


async def test_a_look_that_died_with_its_process_is_on_the_bill_of_the_account_that_looked(
    links: Links, database: AsyncEngine
) -> None:
    book, look = Book(), Look("one", "emo", "emo-detect-v1", Decimal("0.004"))
    of_two, of_older_times = await links.issue(FACE), await links.issue(FACE)
    async with database.begin() as connection:
        await reserve(connection, book.payer(1, 5), book.day(), [Item(of_two.key, 4_000_000)], {}, "two")
    for link in (of_two, of_older_times):
        await links.mark_fetched(link.key)
    assert await links.revoke_forgotten(look, book) == 2
    async with database.connect() as connection:
        rows = (await connection.execute(sa.select(ledger.c.reference, ledger.c.account))).all()
    assert {tuple(row) for row in rows} == {(of_two.key, "two"), (of_older_times.key, "one")}


async def test_a_look_killed_after_its_link_had_ended_or_without_one_stays_reserved_no_longer(
    links: Links, database: AsyncEngine
) -> None:
    book, look = Book(), Look("one", "emo", "emo-detect-v1", Decimal("0.004"))
    alive = await join(database, "host:1", "1", newest_revision())
    fetched, unfetched = await links.issue(FACE), await links.issue(FACE)
    await links.mark_fetched(fetched.key)
    await links.revoke(fetched.key, unfetched.key)
    names = [fetched.key, unfetched.key, name_uploaded_look("0123456789abcdef"), name_uploaded_look(alive)]
    task = reference_of("0123456789abcdef", 1, 1)
    async with database.begin() as connection:
        for name in (*names, task):
            await reserve(connection, book.payer(1, 5), book.day(), [Item(name, 4_000_000)], {}, "two")
    for _ in range(2):
        await links.revoke_forgotten(look, book)
    assert set(await reserved(database, [*names, task])) == {names[3], task}, "who lives settles it, as does its render"
    async with database.connect() as connection:
        rows = (await connection.execute(sa.select(ledger.c.reference, ledger.c.account))).all()
    assert {tuple(row) for row in rows} == {(names[0], "two"), (names[2], "two")}
    today = ("day", "", book.day())
    assert (await used(database, [today]))[today] == 4 * 4_000_000
