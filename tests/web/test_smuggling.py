"""Mallory bends the protocol itself: requests inside requests, endless lines, and ranges by the thousand."""

import re

import pytest

from tests.web.conftest import CONTENT, World
from tests.web.wire import has_media, request, send, statuses, target_of

pytestmark = pytest.mark.usefixtures("closed_mouth")

SIZE = len(CONTENT)


def smuggled(inner: bytes) -> dict[str, bytes]:
    """A bad request, around or before `inner`, whose length two servers in a row could read differently."""
    post = b"POST /media/x HTTP/1.1\r\nHost: bot\r\n"
    get = b"GET /media/x HTTP/1.1\r\nHost: bot\r\n"
    long = b"Content-Length: %d\r\n" % len(inner)
    chunked = b"Transfer-Encoding: chunked\r\n"
    return {
        "CL.TE": post + long + chunked + b"\r\n0\r\n\r\n" + inner,
        "TE.CL": post + chunked + b"Content-Length: 4\r\n\r\n%x\r\n%s\r\n0\r\n\r\n" % (len(inner), inner),
        "two lengths": post + long + b"Content-Length: 0\r\n\r\n" + inner,
        "one length twice": post + b"Content-Length: 0, 0\r\n\r\n" + inner,
        "signed length": post + b"Content-Length: +0\r\n\r\n" + inner,
        "negative length": post + b"Content-Length: -1\r\n\r\n" + inner,
        "hexadecimal length": post + b"Content-Length: 0x0\r\n\r\n" + inner,
        "spaced TE": post + long + b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n" + inner,
        "odd TE": post + long + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" + inner,
        "TE twice": post + long + chunked + b"Transfer-Encoding: identity\r\n\r\n0\r\n\r\n" + inner,
        "folded TE": post + long + b"Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n" + inner,
        "bare LF": get.replace(b"\r\n", b"\n") + b"\n" + inner,
        "bare CR": get + b"X: y\r" + inner,
        "LF in a value": get + b"X: y\n\n" + inner,
        "NUL in a value": get + b"X: \0\r\n\r\n" + inner,
        "space before a colon": get + b"X : y\r\n\r\n" + inner,
        "line without a colon": get + b"XY\r\n\r\n" + inner,
        "chunk of a negative size": post + chunked + b"\r\n-1\r\n" + inner,
        "chunk of a huge size": post + chunked + b"\r\nffffffffffffffff0\r\n" + inner,
        "chunk's extension with LF": post + chunked + b"\r\n0;a\nb\r\n\r\n" + inner,
        "trailer": post + chunked + b"\r\n0\r\nContent-Length: 5\r\n\r\n" + inner,
        "no host, two hosts": b"GET /media/x HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n" + inner,
        "HTTP/0.9": b"GET /media/x\r\n\r\n" + inner,
        "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + inner,
        "upgrade": get + b"Connection: Upgrade\r\nUpgrade: h2c\r\n\r\n" + inner,
        "tunnel": b"CONNECT 127.0.0.1:22 HTTP/1.1\r\nHost: bot\r\n\r\n" + inner,
    }


@pytest.mark.parametrize("shape", smuggled(b""))
async def test_a_request_in_a_request_is_worth_no_more_than_by_itself(world: World, shape: str) -> None:
    """Whatever is taken for a second request must carry its own link: here, a forged one."""
    target = target_of(world, await world.link())
    forged = f"{target[:-1]}{'0' if target[-1] != '0' else '1'}"
    answer = await send(world.port, smuggled(request(forged, last=True))[shape], seconds=0.3)
    assert not has_media(answer)
    assert set(statuses(answer)) <= {101, 400, 403, 404, 405}
    assert 101 not in statuses(answer)
    assert statuses(await send(world.port, request(target, last=True)))[0] == 200


async def test_an_ambiguous_length_ends_the_connection(world: World) -> None:
    """A proxy in front may see one request where we see two: then nothing after it may be answered."""
    target = target_of(world, await world.link())
    shapes = smuggled(request(target, last=True))
    for shape in ("CL.TE", "two lengths", "spaced TE", "odd TE", "signed length", "chunk's extension with LF"):
        answer = await send(world.port, shapes[shape])
        assert statuses(answer) in ([400], [405]), (shape, statuses(answer))
        assert not has_media(answer)


async def test_a_bad_link_behind_a_good_one_is_judged_by_itself(world: World) -> None:
    first, second = await world.link(), await world.link(b"another chat's voice " * 100, "wav")
    good, other = target_of(world, first), target_of(world, second)
    mixed = f"{other.split('?')[0]}?{good.split('?')[1]}"
    one = "Range: bytes=0-15"
    chain = [good, mixed, good, other.split("?")[0], "/media/x", good]
    answer = await send(world.port, b"".join(request(each, one) for each in chain) + request(mixed, last=True))
    assert statuses(answer) == [206, 403, 206, 403, 403, 206, 403]
    assert b"another chat's voice" not in answer
    assert answer.count(CONTENT[:16]) == 3
    assert not await world.links.fetched(second.key)


async def test_a_get_with_a_body_does_not_leave_it_for_the_next_one(world: World) -> None:
    target = target_of(world, await world.link())
    body = request(target, last=True)
    head = request("/media/x", f"Content-Length: {len(body)}")
    assert statuses(await send(world.port, head + body + request("/media/y", last=True))) == [403, 403]
    chunks = request("/media/x", "Transfer-Encoding: chunked") + b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
    assert statuses(await send(world.port, chunks + request("/media/y", last=True))) == [403, 403]


@pytest.mark.parametrize(
    "head",
    [
        b"GET /media/%s HTTP/1.1\r\nHost: bot\r\n\r\n" % (b"A" * 65_536),
        b"GET /media/x?signature=%s HTTP/1.1\r\nHost: bot\r\n\r\n" % (b"0" * 65_536),
        b"GET /media/x HTTP/1.1\r\nHost: bot\r\nX: %s\r\n\r\n" % (b"A" * 65_536),
        b"GET /media/x HTTP/1.1\r\nHost: bot\r\n%s: x\r\n\r\n" % (b"A" * 65_536),
        b"GET /media/x HTTP/1.1\r\n" + b"X: y\r\n" * 5000 + b"\r\n",
        b"GET /media/x HTTP/1.1\r\nHost: bot\r\nX: y\r\n" + b" folded\r\n" * 5000 + b"\r\n",
        b"A" * 1_000_000,
        b"\r\n" * 100_000 + b"GET",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(500),
    ],
    ids=["path", "query", "header", "header's name", "headers", "folds", "no end", "empty lines", "TLS"],
)
async def test_endless_heads_are_refused_and_not_kept(world: World, head: bytes) -> None:
    answer = await send(world.port, head, seconds=0.5)
    assert set(statuses(answer)) <= {400, 403, 414, 431}
    assert not has_media(answer)
    good = await send(world.port, request(target_of(world, await world.link()), last=True))
    assert good.endswith(CONTENT)


async def test_a_thousand_parameters_are_as_worthless_as_none(world: World) -> None:
    target = target_of(world, await world.link())
    for many in ("&x" * 3000, "&signature=1" * 600, "&kid=old" * 900, ";" * 4000, "&%00" * 1500):
        answer = await send(world.port, request(f"{target.replace('signature', 'x')}{many}", last=True))
        assert statuses(answer) == [403]


RANGES = (
    *("bytes=0-0", "bytes=-1", "bytes=-99999999", "bytes=102399-", "bytes=0-99999999999999999999999", "bytes=1-1"),
    *("bytes=-0", "bytes=5-4", "bytes=102400-102400", f"bytes={'9' * 400}-", f"bytes=0-{'9' * 5000}", "bytes=--5"),
    *(
        "bytes=0-0,1-1",
        "bytes=0-,0-,0-",
        "bytes=" + ",".join(["0-"] * 1500),
        "bytes=" + ",".join("0-1" for _ in "x" * 900),
    ),
    *("bytes=-5,-5", "bytes = 0-5", "bytes=0 - 5", "BYTES=0-5", "Bytes=0-5", "bytes=0x0-0x5", "bytes=0-5;q=1", "bytes"),
    *(
        "bytes=",
        "bytes=a-b",
        "bytes=١-٥",
        "none",
        "items=0-5",
        "seconds=1-2",
        "0-5",
        "",
        "bytes=0-5\t",
        "bytes=1e1-2e1",
    ),
)


async def test_whatever_range_is_asked_for_what_comes_is_what_is_said(world: World) -> None:
    target = target_of(world, await world.link())
    for asked in RANGES:
        answer = await send(world.port, request(target, f"Range: {asked}", last=True))
        head, _, body = answer.partition(b"\r\n\r\n")
        status = statuses(answer)[0]
        assert len(body) <= SIZE, asked
        if status == 206:
            said = re.search(rb"Content-Range: bytes (\d+)-(\d+)/102400", head)
            assert said is not None, asked
            assert body == CONTENT[int(said[1]) : int(said[2]) + 1], asked
        elif status == 200:
            assert body == CONTENT, asked
        else:
            assert status in (400, 416), asked
            assert not has_media(answer), asked


async def test_conditions_change_nothing_about_whose_bytes_come(world: World) -> None:
    target = target_of(world, await world.link())
    dates = ("Wed, 21 Oct 1970 07:28:00 GMT", "Wed, 21 Oct 2099 07:28:00 GMT", '"x"', "*", "0", "x" * 4000, "")
    for name in ("If-Range", "If-Match", "If-None-Match", "If-Modified-Since", "If-Unmodified-Since"):
        for value in dates:
            answer = await send(world.port, request(target, f"{name}: {value}", "Range: bytes=16-31", last=True))
            body = answer.partition(b"\r\n\r\n")[2]
            assert statuses(answer)[0] in (200, 206, 304, 412)
            assert body == {200: CONTENT, 206: CONTENT[16:32]}.get(statuses(answer)[0], b"")


async def test_a_forged_link_with_a_range_is_just_forged(world: World) -> None:
    target = target_of(world, await world.link())
    answers = [await send(world.port, request(target[:-1], f"Range: {each}", last=True)) for each in RANGES[:8]]
    assert {tuple(statuses(answer)) for answer in answers} == {(403,)}
    assert not any(b"102400" in answer for answer in answers)
