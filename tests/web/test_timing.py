"""How long a refusal takes tells nothing about why: neither keys, nor paths, nor what is kept can be felt for.

What is done for each refusal is counted in `test_every_refusal_costs_the_same`; here it is measured over sockets.
"""

import asyncio
import random
import time
from statistics import median

from tests.web.conftest import World
from tests.web.test_attacks import fields, joined
from tests.web.wire import request, target_of

ROUNDS = 150
CLOSE = 0.08
"""The share of a request's time by which two kinds may differ; a look into the database is several times of it."""

MEASURINGS = 4
"""What a busy machine makes of one measuring is gone in the next; what the server does stays in all of them."""


async def ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, target: bytes) -> float:
    """One request on an open connection; returns its seconds."""
    began = time.perf_counter()
    writer.write(target)
    head = await reader.readuntil(b"\r\n\r\n")
    await reader.readexactly(int(head.lower().partition(b"content-length: ")[2].partition(b"\r")[0]))
    took = time.perf_counter() - began
    assert head.startswith(b"HTTP/1.1 403 ")
    return took


async def spread(world: World, targets: dict[str, str]) -> dict[str, float]:
    """How much longer each kind takes than the rest of its round, as a share of a request's time."""
    reader, writer = await asyncio.open_connection("127.0.0.1", world.port)
    took: dict[str, list[float]] = {kind: [] for kind in targets}
    requests = {kind: request(target) for kind, target in targets.items()}
    for kind in targets:  # what is done only once is done now
        await ask(reader, writer, requests[kind])
    for _ in range(ROUNDS):
        for kind in random.sample(list(targets), len(targets)):
            took[kind].append(await ask(reader, writer, requests[kind]))
    writer.close()
    usual = median(seconds for each in took.values() for seconds in each)
    rounds = [median(each) for each in zip(*took.values(), strict=True)]
    return {
        kind: median(one - rest for one, rest in zip(each, rounds, strict=True)) / usual for kind, each in took.items()
    }


async def test_a_refusal_takes_as_long_whatever_is_wrong(world: World) -> None:
    link = await world.link()
    path, expires, kid, signature = fields(target_of(world, link))
    await world.links.find(link.key)
    targets = {
        "wrong signature": joined(path, expires, kid, "0" * 64),
        "right but for the end": joined(path, expires, kid, signature[:-1] + ("0" if signature[-1] != "0" else "1")),
        "wrong key id": joined(path, expires, "abc", signature),
        "unknown object": joined(f"/media/{'A' * 22}.jpg", expires, kid, signature),
        "wrong expiry": joined(path, expires[:-1] + ("0" if expires[-1] != "0" else "1"), kid, signature),
    }
    measured = []
    for _ in range(MEASURINGS):
        measured.append(await spread(world, targets))
        if all(abs(share) < CLOSE for share in measured[-1].values()):
            return
    raise AssertionError(measured)
