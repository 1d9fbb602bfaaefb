"""A gateway that names the operator's neighbours, and a client that floods: nobody loses a video, nobody waits."""

import asyncio
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from structlog.testing import capture_logs

from bot.dashscope.client import DashscopeClient
from bot.dashscope.errors import BlockedAddress
from bot.sandbox.telegram import Person
from tests.stories.conftest import PORTRAIT, BotProcess, World, brief_voice


async def test_a_video_at_an_address_inside_is_told_to_the_operator_and_waited_for(
    bot: None, world: World, alice: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    fetch, inside = DashscopeClient.download, True

    async def download(self: DashscopeClient, url: str, target: Path, max_bytes: int, **more: Any) -> None:
        if inside:
            raise BlockedAddress("169.254.169.254")
        await fetch(self, url, target, max_bytes, **more)

    monkeypatch.setattr(DashscopeClient, "download", download)
    with capture_logs() as log:
        alice.sends_photo(PORTRAIT)
        await alice.sees("Good photo")
        alice.sends_voice(brief_voice())
        await world.render_that(lambda render: render.trouble == "account")
    told = [str(line) for line in log if line["log_level"] == "error"]
    assert any("169.254.169.254" in line and "DASHSCOPE_BASE_URL" in line for line in told)
    inside = False
    await alice.sees_video()
    assert len(world.emo.tasks) == 1


async def test_while_one_client_floods_a_person_is_answered(process: BotProcess, world: World, alice: Person) -> None:
    await process.start()
    alice.sends("/status")
    await alice.sees("Nothing is in the works")
    asked = 0

    async def flood(session: aiohttp.ClientSession, path: str) -> None:
        nonlocal asked
        while True:
            async with session.get(f"http://127.0.0.1:{world.port}{path}") as answer:
                assert answer.status in (200, 403, 404)
            asked += 1

    async with aiohttp.ClientSession() as session:
        paths = ("/media/a/b.jpg?kid=x&exp=1&sig=y", "/media/", "/health", "/telegram")
        floods = [asyncio.create_task(flood(session, path)) for path in paths * 4]
        try:
            while asked < 200:
                await asyncio.sleep(0.01)
            began = asyncio.get_running_loop().time()
            alice.sends("/status")
            await alice.sees("Nothing is in the works")
            seconds = asyncio.get_running_loop().time() - began
        finally:
            for each in floods:
                each.cancel()
            await asyncio.gather(*floods, return_exceptions=True)
    print(f"/status took {seconds:.2f} s beside {asked} requests")
    assert seconds < 5, "it is some tenths of a second, with this client and Telegram on the same processor"
