"""The proxy itself: what each mishap does to a caller, and to whom it calls."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import pytest
from aiohttp import web

from tests.faults.plan import Plan
from tests.faults.proxy import NONSENSE, Kind, Mishap, Proxy


@asynccontextmanager
async def hall(*mishaps: Mishap | None) -> AsyncIterator[tuple[Proxy, list[bytes]]]:
    """A proxy with these mishaps, in turn, before a server that counts what it is asked."""
    heard: list[bytes] = []

    async def hear(request: web.Request) -> web.Response:
        heard.append(await request.read())
        return web.Response(text="word " * 50)

    site = web.Application()
    site.router.add_route("*", "/{path:.*}", hear)
    runner = web.AppRunner(site)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    planned = list(mishaps)
    upstream = f"http://127.0.0.1:{runner.addresses[0][1]}"
    async with Proxy(
        "hall", upstream, lambda line: line.split()[1], lambda *_: planned.pop(0), lambda *_: None
    ) as proxy:
        yield proxy, heard
    await runner.cleanup()


async def test_calls_without_a_mishap_go_through_on_one_connection() -> None:
    async with hall(None, None) as (proxy, heard), aiohttp.ClientSession() as session:
        for _ in range(2):
            async with session.post(f"{proxy.url}/word", data=b"please") as response:
                assert (await response.text()).startswith("word word")
        assert heard == [b"please"] * 2
        assert [exchange.outcome for exchange in proxy.exchanges] == ["answered"] * 2


@pytest.mark.parametrize(("kind", "done"), [("cut before", False), ("cut inside", True), ("swallow", True)])
async def test_a_cut_shows_the_caller_nothing_of_what_was_done(kind: Kind, done: bool) -> None:
    async with hall(Mishap(kind)) as (proxy, heard), aiohttp.ClientSession() as session:
        with pytest.raises(aiohttp.ClientError):
            async with session.post(f"{proxy.url}/word", data=b"please") as response:
                await response.read()
        assert heard == [b"please"] * done
        assert proxy.exchanges[0].outcome == ("answer lost" if done else "not made")


@pytest.mark.parametrize(("kind", "done"), [("nonsense", False), ("garble", True)])
async def test_nonsense_comes_in_place_of_the_call_or_of_its_answer(kind: Kind, done: bool) -> None:
    async with hall(Mishap(kind)) as (proxy, heard), aiohttp.ClientSession() as session:
        async with session.post(f"{proxy.url}/word", data=b"please") as response:
            assert await response.read() == NONSENSE
        assert heard == [b"please"] * done


async def test_a_refusal_is_not_handed_on() -> None:
    async with hall(Mishap("refuse", status=429, body=b"{}")) as (proxy, heard), aiohttp.ClientSession() as session:
        async with session.post(f"{proxy.url}/word", data=b"please") as response:
            assert response.status == 429
        assert heard == []


def test_a_seed_draws_the_same_every_time() -> None:
    calls = [(party, "call", number) for party in ("telegram", "emo", "video", "links") for number in range(200)]
    drawn = [[Plan(seed, 10, 3, 0.1).draw(*call) for call in calls] for seed in (1, 1, 2)]
    assert drawn[0] == drawn[1] != drawn[2]
    blows = [Plan(seed, 10, 3, 0.1, stops=1, locks=1, clock=2).draw_blows() for seed in (1, 1, 2)]
    assert blows[0] == blows[1] != blows[2]
