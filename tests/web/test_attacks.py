"""Mallory has seen links, and would like to have the files behind others, or behind these after their time."""

import asyncio
import hashlib
import hmac
import json
from datetime import timedelta

import pytest

from bot.web.server import build_web, serve
from storage.links import Links
from tests.web.conftest import CONTENT, NEW, OLD, PUBLIC, World, raw
from tests.web.wire import has_media, request, send, statuses, target_of

pytestmark = pytest.mark.usefixtures("closed_mouth")

REFUSALS = (400, 403, 404)


async def gets_nothing(world: World, *targets: str, allowed: tuple[int, ...] = REFUSALS, method: str = "GET") -> None:
    """Ask for each target on a connection of its own; not one byte of the file comes."""
    came = {}
    for target in targets:
        answer = await send(world.port, request(target, method=method, last=True))
        if has_media(answer) or not statuses(answer) or statuses(answer)[-1] not in allowed:
            came[target] = answer[:200]
    assert not came, came


def fields(target: str) -> tuple[str, str, str, str]:
    """The path, and what stands for expires, kid and signature."""
    path, query = target.split("?")
    expires, kid, signature = (part.split("=")[1] for part in query.split("&"))
    return path, expires, kid, signature


def joined(path: str, expires: str, kid: str, signature: str) -> str:
    return f"{path}?expires={expires}&kid={kid}&signature={signature}"


async def test_no_single_bit_of_a_link_can_be_another(world: World) -> None:
    link = await world.link()
    target = target_of(world, link).encode()
    flipped = []
    for place in range(len(target)):
        for bit in range(8):
            changed = target[:place] + bytes([target[place] ^ (1 << bit)]) + target[place + 1 :]
            flipped.append(changed.decode("utf-8", "surrogateescape"))
    asking = asyncio.Semaphore(16)

    async def ask(other: str) -> bool:
        async with asking:
            answer = await send(world.port, request(other, last=True))
        return has_media(answer) or not statuses(answer) or statuses(answer)[-1] not in REFUSALS

    got = await asyncio.gather(*(ask(other) for other in flipped))
    assert [other for other, something in zip(flipped, got, strict=True) if something] == []
    assert not await world.links.fetched(link.key)


async def test_parts_of_two_good_links_make_no_third(world: World) -> None:
    first = fields(target_of(world, await world.link()))
    world.now += 60
    second = fields(target_of(world, await world.link(CONTENT + b"2", "wav")))
    mixed = []
    for choice in range(1, 15):
        parts = [(second if choice >> place & 1 else first)[place] for place in range(4)]
        if parts not in (list(first), list(second)):
            mixed.append(joined(*parts))
    path, expires, kid, signature = first
    mixed += [joined(path, signature, kid, expires), joined(path, kid, expires, signature)]
    mixed += [joined(path, expires, kid, signature[32:] + second[3][32:]), joined(path, expires, kid, signature * 2)]
    await gets_nothing(world, *mixed)


async def test_no_other_way_to_sign_is_taken_for_ours(world: World) -> None:
    path, expires, kid, signature = fields(target_of(world, await world.link()))
    message = f"{path}\n{expires}".encode()
    secret = OLD.secret
    tries = [hmac.new(secret, message, kind).hexdigest() for kind in ("md5", "sha1", "sha224", "sha384", "sha512")]
    tries += [hashlib.new(kind, message).hexdigest() for kind in ("md5", "sha1", "sha256", "sha512")]
    tries += [hashlib.sha256(secret + message).hexdigest(), hashlib.sha256(message + secret).hexdigest()]
    for guess in (b"", b"\0", b"\0" * 32, kid.encode(), b"None", b"null", NEW.secret):
        tries.append(hmac.new(guess, message, "sha256").hexdigest())
    for other in (f"{path}{expires}", f"{path}\n", path, f"{path}\n{int(expires) + 1}", f"GET\n{path}\n{expires}"):
        tries.append(hmac.new(secret, other.encode(), "sha256").hexdigest())
    tries += ["", "0", "none", "null", "*", "%00", signature[:-1], signature[:32], signature + "0", signature.upper()]
    tries += [f"0x{signature}", f"%20{signature}", f"{signature}%20", f"{signature}%00", f"{signature}%0a", "[]", "%FF"]
    tries += ["".join(chr(ord(digit) + 0xFEE0) for digit in signature)]  # full-width letters and digits
    await gets_nothing(world, *(joined(path, expires, kid, each) for each in tries))
    for name in ("", "new", "OLD", "old%00", "old%20", "../old", "None", "0", "old,new", "x" * 4000):
        for signed in (signature, hmac.new(b"", message, "sha256").hexdigest()):
            await gets_nothing(world, joined(path, expires, name, signed))
    with_algorithm = joined(path, expires, kid, "").removesuffix("&signature=")
    await gets_nothing(
        world,
        *(f"{with_algorithm}&alg=none", f"{with_algorithm}&signature=&alg=none", f"{with_algorithm}&Signature=x"),
        *(f"{path}?expires[]={expires}&kid[]={kid}&signature[]={signature}", f"{path};{with_algorithm}"),
    )


async def test_no_other_expiry_is_believed(world: World) -> None:
    path, expires, kid, signature = fields(target_of(world, await world.link()))
    others = [str(int(expires) + 1), "9" * 5000, "-1", "0", "", "1e99", "inf", "nan", "0x7fffffff", f"+{expires}"]
    others += [f"0{expires}", f"%20{expires}", f"{expires}%20", f"{expires}.0", f"{expires}_0", f"{expires}%0a"]
    others += ["".join(chr(0x0660 + int(digit)) for digit in expires)]  # Arabic digits, which int() reads
    await gets_nothing(world, *(joined(path, other, kid, signature) for other in others))


WAYS_ELSEWHERE = """
%2e%2e/{name} ./{name} ../media/{name} x/../{name} %2e/{name} %2E%2E%2F{name} ..%2f{name} ..%5c{name} ..\\{name}
\\{name} /{name} //{name} {name}/ {name}. {name}%20 {name}%00 {name}%00.png {name};x=1 {name};.jpg {name}%3b
{name}::$DATA {name}~ {name}.bak {name}%c0%ae {name}%09 .{name} ...{name} %252e%252e%252f{name} {key}%2ejpg
{key}%2Ejpg {key}%252ejpg {key}%c0%aejpg {key}%e0%80%aejpg {key}%u002ejpg {key}․jpg {key}．jpg {key}.JPG {key}.jpeg
{key}.jpg.jpg {key} {key}. {key}..jpg %c0%af{name} %e0%80%af{name} %5c{name} ..%c0%af{name} ..%c1%9c{name}
....//{name} ..;/{name} .%00./{name} %ef%bb%bf{name} ../../../../etc/passwd ..%2f..%2f..%2fetc%2fpasswd
%2e%2e%2f%2e%2e%2fetc/passwd ..%252f..%252fetc%252fpasswd /etc/passwd file:///etc/passwd %2fetc%2fpasswd
..%c0%af..%c0%afetc/passwd ../bot.db ../objects/{sha} ../link-secrets {sha} {sha}.jpg
"""


async def test_no_other_way_of_writing_the_path_leads_to_the_file(world: World) -> None:
    link = await world.link()
    path, _, query = target_of(world, link).partition("?")
    sha = hashlib.sha256(CONTENT).hexdigest()
    name = path.removeprefix("/media/")
    ways = [way.format(name=name, key=link.key, sha=f"{sha[:2]}/{sha[2:]}") for way in WAYS_ELSEWHERE.split()]
    targets = [f"/media/{way}?{query}" for way in ways]
    targets += [f"/media/{way}" for way in ways]
    targets += [f"/media/%{ord(name[at]):{case}}{name[at + 1 :]}?{query}" for at in range(3) for case in ("02x", "02X")]
    for start in ("//media/", "/media//", "/./media/", "/x/../media/", "/%6dedia/", "/Media/", "/media%2f", "/media\\"):
        targets.append(f"{start}{name}?{query}")
    for host in ("http://bot", "https://bot.example", "http://bot.example/prefix", "HTTP://BOT:80", "http://a@b"):
        targets.append(f"{host}{path}?{query}")
    targets += [f"/prefix{path}?{query}", f"{path}%3f{query}", f"{path}%3F{query}", f"*{path}", f"{name}?{query}"]
    await gets_nothing(world, *targets, allowed=(*REFUSALS, 405))
    assert not await world.links.fetched(link.key)
    assert (await raw(world, f"{path}?{query}"))[1] == CONTENT


@pytest.mark.parametrize("method", ["CONNECT", "MKCOL", "LOCK", "SEARCH", "get", "GETS", "G\x00T", "FROB", "QUERY"])
async def test_a_good_link_with_a_strange_method_gives_nothing(world: World, method: str) -> None:
    link = await world.link()
    await gets_nothing(world, target_of(world, link), allowed=(400, 404, 405), method=method)
    rest = request(target_of(world, link), "Content-Length: 5", method="POST", last=True) + b"hello"
    assert not has_media(await send(world.port, rest))
    assert not await world.links.fetched(link.key)


async def test_another_method_named_in_a_header_or_the_query_is_not_believed(world: World) -> None:
    target = target_of(world, await world.link())
    for header in ("X-HTTP-Method-Override: GET", "X-HTTP-Method: GET", "X-Method-Override: GET"):
        answer = await send(world.port, request(target, header, "Content-Length: 0", method="POST", last=True))
        assert statuses(answer) == [405]
    for header in ("X-Original-URL", "X-Rewrite-URL", "X-Forwarded-Prefix", "X-Forwarded-Uri"):
        answer = await send(world.port, request("/media/x.jpg", f"{header}: {target}", last=True))
        assert statuses(answer) == [403]


async def test_head_of_anything_has_no_body(world: World) -> None:
    target = target_of(world, await world.link())
    for other in (target, target[:-1], "/media/x", "/health", "/nothing"):
        answer = await send(world.port, request(other, method="HEAD", last=True))
        assert answer.endswith(b"\r\n\r\n")
        assert answer.count(b"\r\n\r\n") == 1


async def test_a_link_that_expires_on_an_open_connection_is_over_for_it_too(world: World) -> None:
    target = target_of(world, await world.link())
    reader, writer = await asyncio.open_connection("127.0.0.1", world.port)
    world.now += 86_400 - 0.5
    writer.write(request(target, "Range: bytes=0-3"))
    head = await reader.readuntil(b"\r\n\r\n")
    assert b" 206 " in head
    assert await reader.readexactly(4) == CONTENT[:4]
    world.now += 0.5
    writer.write(request(target, "Range: bytes=0-3") + request(target, last=True))
    answer = await reader.read()
    writer.close()
    assert statuses(answer) == [410, 410]
    assert not has_media(answer)


async def test_a_key_that_is_taken_off_the_list_ends_its_links(world: World) -> None:
    target = target_of(world, await world.link())
    for keys, status in (([NEW, OLD], 200), ([NEW], 403)):
        links = Links(world.database, keys, PUBLIC, timedelta(days=1), lambda: world.now)
        app = build_web(links, world.objects, webhook=None, webhook_secret=None, health=world.health)
        runner = await serve(app, "127.0.0.1", 0)
        answer = await send(runner.addresses[0][1], request(target, last=True))
        await runner.cleanup()
        assert statuses(answer)[0] == status
        assert has_media(answer) == (status == 200)


async def test_all_refusals_look_the_same(world: World) -> None:
    path, expires, kid, signature = fields(target_of(world, await world.link()))
    refused = [
        joined(path, expires, kid, "0" * 64),
        joined(path, expires, "nobody", signature),
        joined(path, expires, "nobody", ""),
        joined(path, str(int(expires) - 9_999_999), kid, signature),
        joined(f"/media/{'A' * 22}.jpg", expires, kid, signature),
        joined("/media/../../etc/passwd", expires, kid, signature),
        path,
        "/media/",
    ]
    seen = {(await send(world.port, request(target, last=True))).split(b"\r\nDate: ")[0] for target in refused}
    whole = {len(await send(world.port, request(target, last=True))) for target in refused}
    assert len(seen) == len(whole) == 1, json.dumps([repr(each) for each in seen])
