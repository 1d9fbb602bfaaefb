"""The service fetches a file through its link; nobody else gets a byte."""

import asyncio
import hmac
import logging
import shutil
import signal
import socket
import sqlite3
import sys
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import aiohttp
import pytest
import sqlalchemy as sa
from structlog.testing import capture_logs
from yarl import URL

import storage.database
from bot.web.server import build_web, serve
from storage.links import Links
from tests.web.conftest import CONTENT, NEW, OLD, PUBLIC, SECRET, World, raw

ROOT = Path(__file__).parents[2]
TYPES = {
    "jpg": "image/jpeg",
    "png": "image/png",
    "wav": "audio/wav",
    "mp4": "video/mp4",
    "xyz": "application/octet-stream",
}


@pytest.mark.parametrize("extension", TYPES)
async def test_the_file_comes_as_what_it_is_and_is_kept_by_nobody(
    world: World, client: aiohttp.ClientSession, extension: str
) -> None:
    async with client.get(world.local(await world.link(extension=extension))) as answer:
        assert answer.status == 200
        assert await answer.read() == CONTENT
        assert answer.headers["Content-Type"] == TYPES[extension]
        assert answer.headers["Content-Length"] == str(len(CONTENT))
        assert answer.headers["Cache-Control"] == "private, no-store"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Content-Disposition"] == "inline"
        assert answer.headers["Accept-Ranges"] == "bytes"


async def test_head_says_the_same_without_the_bytes(world: World, client: aiohttp.ClientSession) -> None:
    async with client.head(world.local(await world.link())) as answer:
        assert answer.status == 200
        assert answer.headers["Content-Length"] == str(len(CONTENT))
        assert answer.headers["Content-Type"] == "image/jpeg"
        assert await answer.read() == b""


@pytest.mark.parametrize(
    ("asked", "status", "given", "said"),
    [
        ("bytes=0-9", 206, CONTENT[:10], "bytes 0-9/102400"),
        ("bytes=5-5", 206, CONTENT[5:6], "bytes 5-5/102400"),
        ("bytes=102000-", 206, CONTENT[102000:], "bytes 102000-102399/102400"),
        ("bytes=-7", 206, CONTENT[-7:], "bytes 102393-102399/102400"),
        ("bytes=102390-999999", 206, CONTENT[102390:], "bytes 102390-102399/102400"),
        ("bytes=102400-", 416, None, "bytes */102400"),
        ("bytes=9-5", 416, None, "bytes */102400"),
        ("bytes=0-1,5-6", 416, None, "bytes */102400"),
        ("bytes=-", 416, None, "bytes */102400"),
        ("chapters=1-2", 416, None, "bytes */102400"),
        (f"bytes={'9' * 5000}-", 416, None, "bytes */102400"),
    ],
)
async def test_a_part_of_the_file_may_be_asked_for(
    world: World, client: aiohttp.ClientSession, asked: str, status: int, given: bytes | None, said: str
) -> None:
    link = await world.link()
    async with client.get(world.local(link), headers={"Range": asked}) as answer:
        assert answer.status == status
        assert answer.headers["Content-Range"] == said
        if given is not None:
            assert await answer.read() == given
    assert await world.links.fetched(link.key) == (status == 206)


async def test_the_first_fetch_is_written_down_before_a_byte_goes_out(
    world: World, client: aiohttp.ClientSession
) -> None:
    face = await world.keep()
    link, other = await world.links.issue(face), await world.links.issue(face)
    async with client.head(world.local(link)):
        assert not await world.links.fetched(link.key)
    async with client.get(world.local(link)) as answer:
        assert await world.links.fetched(link.key)
        etag = answer.headers["ETag"]
    async with client.get(world.local(other), headers={"If-None-Match": etag}) as answer:
        assert answer.status == 304
    assert not await world.links.fetched(other.key)


async def test_a_fetch_that_cannot_be_written_down_is_not_served(
    world: World, client: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = await world.link()

    async def broken(_key: str) -> None:
        raise sa.exc.OperationalError("update", {}, Exception("database is locked"))

    monkeypatch.setattr(world.links, "mark_fetched", broken)
    with pytest.raises(aiohttp.ServerDisconnectedError):
        await client.get(world.local(link))
    monkeypatch.undo()
    async with client.get(world.local(link)) as answer:
        assert await answer.read() == CONTENT


async def test_a_database_that_is_gone_is_a_503_and_not_a_byte(
    world: World, client: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = await world.link()

    async def broken(_key: str) -> None:
        raise sa.exc.OperationalError("select", {}, Exception("disk I/O error"))

    monkeypatch.setattr(world.links, "find", broken)
    async with client.get(world.local(link)) as answer:
        assert answer.status == 503
        assert answer.headers["Retry-After"] == "5"


async def test_a_locked_database_is_waited_for(world: World, client: aiohttp.ClientSession, tmp_path: Path) -> None:
    link = await world.link()
    holder = sqlite3.connect(tmp_path / "bot.db", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    getting = asyncio.create_task(client.get(world.local(link)))
    done, _ = await asyncio.wait({getting}, timeout=0.2)
    assert not done
    holder.close()
    async with await getting as answer:
        assert await answer.read() == CONTENT


async def test_nothing_unsigned_or_forged_gets_a_byte_or_a_hint(world: World) -> None:
    link, other = await world.link(), await world.link(b"another", "wav")
    target = str(world.local(link).relative())
    path, query = target.split("?")
    expires, kid, signature = query.split("&")
    other_path = world.local(other).raw_path
    sha = (await world.keep()).sha
    forgeries = [
        path,
        f"{path}?{expires}&{kid}",
        f"{path}?{expires}&{kid}&signature=",
        f"{path}?{expires}&{kid}&signature={'0' * 64}",
        f"{path}?{expires}&kid=nobody&{signature}",
        f"{path}?expires=9999999999&{kid}&{signature}",
        f"{path}?expires=soon&{kid}&{signature}",
        f"{target}&{expires}",
        f"{target}&signature={'0' * 64}",
        f"{path}?signature={'0' * 64}&{query}",
        f"{other_path}?{query}",
        f"{path.replace('.jpg', '.wav')}?{query}",
        f"{path.removesuffix('.jpg')}?{query}",
        f"{path}/?{query}",
        f"{path}%00?{query}",
        f"{path.replace('.jpg', '%2Ejpg')}?{query}",
        f"/media/%{ord(link.key[0]):02X}{link.key[1:]}.jpg?{query}",
        f"/media/{'A' * 22}.jpg?{query}",
        f"/media/?{query}",
        "/media/",
        f"/media/{sha}.jpg",
        f"/media/{sha[:2]}/{sha[2:]}.jpg?{query}",
        f"/media/../media/{path.removeprefix('/media/')}?{query}",
        f"/media/..%2f..%2fbot.db?{query}",
        f"/media/%2e%2e/%2e%2e/bot.db?{query}",
        f"/media/....//....//etc/passwd?{query}",
        f"/media//etc/passwd?{query}",
        f"/media/%FF%FE?{query}",
        f"{path}?{expires}&{kid}&signature=%FF",
        f"http://bot.example{target}",
    ]
    unknown = await raw(world, f"/media/{'A' * 22}.jpg")
    assert unknown[0] == 403
    answers = {forgery: await raw(world, forgery) for forgery in forgeries}
    assert {forgery: answer[0] for forgery, answer in answers.items() if answer != unknown} == {}
    assert not await world.links.fetched(link.key)
    assert (await raw(world, target))[1] == CONTENT


async def test_every_refusal_costs_the_same(
    world: World, client: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever is wrong, one signature is made and compared in constant time, and no row is read."""
    path, query = world.local(await world.link()).raw_path, "expires=1800086400&kid={}&signature={}"
    efforts: list[list[int | str]] = []
    sign, compare = storage.links._sign, hmac.compare_digest

    def count_sign(secret: bytes, *message: str) -> bytes:
        efforts[-1].append(len(secret))
        return sign(secret, *message)

    def count_compare(one: bytes, other: bytes) -> bool:
        efforts[-1].append("compared")
        return compare(one, other)

    async def no_row(_key: str) -> None:
        raise AssertionError("a row was read")

    monkeypatch.setattr(storage.links, "_sign", count_sign)
    monkeypatch.setattr(hmac, "compare_digest", count_compare)
    monkeypatch.setattr(world.links, "find", no_row)
    wrong_path = f"/media/{'A' * 22}.jpg?" + query.format("old", "0" * 64)
    wrong_key = f"{path}?" + query.format("old", "0" * 64)
    wrong_kid = f"{path}?" + query.format("nobody", "0" * 64)
    for target in (wrong_path, wrong_key, wrong_kid, path, "/media/", "/media/../x", f"{path}?signature=%FF"):
        efforts.append([])
        assert (await raw(world, target))[0] == 403
    assert efforts == [[32, "compared"]] * 7


@pytest.mark.parametrize("target", ["/", "/media", "//media/x.jpg", "/bot.db", "/telegram/", "/../media/x", "*"])
async def test_there_is_nothing_else_and_no_listing(world: World, target: str) -> None:
    status, body = await raw(world, target)
    assert status in (400, 404)
    assert b"jpg" not in body


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "PROPFIND"])
async def test_a_link_is_for_reading_only(world: World, method: str) -> None:
    link = await world.link()
    status, body = await raw(world, str(world.local(link).relative()), method)
    assert status == 405
    assert CONTENT[:100] not in body
    assert not await world.links.fetched(link.key)


async def test_bytes_that_no_url_has_are_refused(world: World) -> None:
    path, query = str(world.local(await world.link()).relative()).split("?")
    for target in (
        f"/media/\udcff\udcfe?{query}",
        f"{path}?{query}\udcff",
        f"{path}?{query}\x00",
        f"{path}\x00?{query}",
    ):
        status, body = await raw(world, target)
        assert status in (400, 403)
        assert CONTENT[:100] not in body


async def test_a_very_long_url_is_refused_and_the_server_lives_on(world: World, client: aiohttp.ClientSession) -> None:
    link = await world.link()
    for target in (
        f"/media/{'A' * 7000}.jpg",
        f"/media/{'A' * 200_000}.jpg",
        f"/media/a.jpg?signature={'0' * 200_000}",
    ):
        status, _ = await raw(world, target)
        assert status in (400, 403, 414)
    async with client.get(world.local(link)) as answer:
        assert answer.status == 200


async def test_an_expired_link_is_gone(world: World, client: aiohttp.ClientSession) -> None:
    link = await world.link()
    world.now += 86400
    async with client.get(world.local(link)) as answer:
        assert answer.status == 410


async def test_a_revoked_link_is_gone_at_once(world: World, client: aiohttp.ClientSession) -> None:
    link, other = await world.link(), await world.link()
    async with client.get(world.local(link)) as answer:
        assert answer.status == 200
    await world.links.revoke(link.key)
    async with client.get(world.local(link)) as answer:
        assert answer.status == 410
    async with client.get(world.local(other)) as answer:
        assert answer.status == 200


async def test_a_good_link_to_what_is_no_more_is_a_404(world: World, client: aiohttp.ClientSession) -> None:
    face = await world.keep()
    link = await world.links.issue(face)
    await world.objects.remove(face.sha)
    async with client.get(world.local(link)) as answer:
        assert answer.status == 404
    assert not await world.links.fetched(link.key)
    elsewhere = Links(world.database, [OLD], PUBLIC, timedelta(days=-1), lambda: world.now)
    removed = await elsewhere.issue(face)
    assert await elsewhere.remove_old() == 1
    later = Links(world.database, [OLD], PUBLIC, timedelta(days=1), lambda: world.now)
    row = storage.links.LinkRow(removed.key, face.sha, "jpg", world.now, world.now + 60, None, None, None)
    async with client.get(world.local(later._link(row))) as answer:
        assert answer.status == 404


async def test_keys_rotate_while_links_are_out(world: World, client: aiohttp.ClientSession) -> None:
    before = await world.link()
    rotated = Links(world.database, [NEW, OLD], PUBLIC, timedelta(days=1), lambda: world.now)
    app = build_web(rotated, world.objects, webhook=None, webhook_secret=None, health=world.health)
    runner = await serve(app, "127.0.0.1", 0)
    world.port = runner.addresses[0][1]
    for link in (before, await rotated.issue(await world.keep())):
        async with client.get(world.local(link)) as answer:
            assert answer.status == 200
    await runner.cleanup()


ELSEWHERE = """
import asyncio, sys
from datetime import timedelta
from storage.database import open_database
from storage.link_keys import LinkKey
from storage.links import Links

async def main():
    engine = open_database(sys.argv[1])
    await Links(engine, [LinkKey("any", bytes(32))], "", timedelta()).revoke(sys.argv[2])
    await engine.dispose()

asyncio.run(main())
"""


async def test_another_process_may_revoke(world: World, client: aiohttp.ClientSession, tmp_path: Path) -> None:
    link = await world.link()
    async with client.get(world.local(link)) as answer:
        assert answer.status == 200
    url = f"sqlite+aiosqlite:///{tmp_path}/bot.db"
    child = await asyncio.create_subprocess_exec(sys.executable, "-c", ELSEWHERE, url, link.key, cwd=ROOT)
    assert await child.wait() == 0
    async with asyncio.timeout(30):
        while True:
            async with client.get(world.local(link)) as answer:
                if answer.status == 410:
                    break
            await asyncio.sleep(0.05)


async def test_who_dies_right_after_a_fetch_was_written_down_has_sent_the_file(
    tmp_path: Path, migrated_file: Path
) -> None:
    shutil.copy(migrated_file, tmp_path / "bot.db")
    command = [sys.executable, "-m", "tests.web.lone_server", str(tmp_path), "--dies"]
    pipe = asyncio.subprocess.PIPE
    child = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdin=pipe, stdout=pipe)
    assert child.stdout is not None
    port, target = [(await child.stdout.readline()).decode().strip() for _ in range(2)]
    async with aiohttp.ClientSession() as client:
        url = URL(f"http://127.0.0.1:{port}{target}", encoded=True)
        async with client.get(url, headers={"Connection": "close"}) as answer:
            assert await answer.read() == CONTENT
    assert await child.wait() == -signal.SIGKILL
    with closing(sqlite3.connect(tmp_path / "bot.db")) as database:
        assert database.execute("SELECT count(fetched_at) FROM links").fetchone() == (1,)


async def test_readers_that_do_not_read_hold_up_nobody(world: World, client: aiohttp.ClientSession) -> None:
    slow = world.local(await world.link(CONTENT * 100, "mp4"))
    readers = []
    for _ in range(50):
        reader = socket.socket()
        reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        reader.connect(("127.0.0.1", world.port))
        reader.sendall(f"GET {slow.raw_path_qs} HTTP/1.1\r\nHost: bot\r\n\r\n".encode())
        readers.append(reader)
    quick = world.local(await world.link())
    async with asyncio.timeout(30):
        for _ in range(20):
            async with client.get(quick) as answer:
                assert await answer.read() == CONTENT
    for reader in readers:
        reader.close()


async def test_a_reader_that_goes_away_is_no_error(
    world: World, client: aiohttp.ClientSession, caplog: pytest.LogCaptureFixture
) -> None:
    link = await world.link(CONTENT * 100, "mp4")
    for _ in range(5):
        answer = await client.get(world.local(link))
        await answer.content.read(1000)
        answer.close()
    async with client.get(world.local(link)) as answer:
        assert await answer.read() == CONTENT * 100
    assert [record for record in caplog.records if record.levelname == "ERROR"] == []


async def test_the_log_never_helps_to_ask_again(
    world: World, client: aiohttp.ClientSession, caplog: pytest.LogCaptureFixture
) -> None:
    link = await world.link()
    url = world.local(link)
    caplog.set_level(logging.DEBUG, "bot.web.access_log")
    with capture_logs() as lines:
        async with client.get(url):
            pass
        await raw(world, url.raw_path)
        await raw(world, f"{url.raw_path_qs}&more={'x' * 20_000}")
        await raw(world, "/nothing?token=abc")
    answered = [(line["route"], line["status"]) for line in lines if line["event"] == "answered"]
    assert answered[:2] == [("/media/{name}", 200), ("/media/{name}", 403)]
    assert ("none", 404) in answered
    everything = repr(lines) + caplog.text
    for secret in (link.key, url.query["signature"], SECRET, "token=abc"):
        assert secret not in everything
