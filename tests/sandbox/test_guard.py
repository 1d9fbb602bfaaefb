"""The sandbox's ports are for programs of this machine: a site in the browser beside it gets nothing."""

import re
from collections.abc import AsyncIterator

import aiohttp
import pytest

from bot.cli.arguments import bot_token
from bot.sandbox.emo import EmoServer
from bot.sandbox.guard import random_key, random_token
from bot.sandbox.telegram import TelegramServer
from tests.still_renderer import detect_centre, render_still

KEY = "sandbox-key"


@pytest.fixture
async def asks() -> AsyncIterator[list[tuple[str, dict[str, str]]]]:
    """What a bot asks each of the ports, and what it sends along."""
    emo = EmoServer(detect_centre, render_still)
    await emo.start()
    try:
        async with TelegramServer() as telegram:
            yield [
                (f"{telegram.url}/bot{telegram.token}/getMe", {}),
                (f"{emo.url}/api/v1/tasks", {"Authorization": f"Bearer {KEY}"}),
                (f"{emo.url}/api/v1/uploads?action=getPolicy&model=emo-v1", {"Authorization": f"Bearer {KEY}"}),
            ]
    finally:
        await emo.stop()


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Sec-Fetch-Site": "none"}, 200),  # somebody typed the address
        ({"Origin": "https://site.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://127.0.0.1:8083"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Host": "site.example"}, 421),
        ({"Host": "127.0.0.1.site.example:8081"}, 421),
        ({"Host": "169.254.169.254"}, 421),
        ({"Host": "[::1"}, 421),
    ],
)
async def test_a_bot_is_answered_and_a_site_is_not(
    asks: list[tuple[str, dict[str, str]]], headers: dict[str, str], status: int
) -> None:
    async with aiohttp.ClientSession() as session:
        for url, own in asks:
            for method in ("GET", "POST") if "getMe" in url else ("GET",):
                async with session.request(method, url, headers={**own, **headers}) as answer:
                    assert answer.status == status, url
                    assert "Access-Control-Allow-Origin" not in answer.headers


async def test_where_videos_and_uploads_lie_no_site_gets_in() -> None:
    emo = EmoServer(detect_centre, render_still)
    await emo.start()
    try:
        async with aiohttp.ClientSession() as session:
            for headers, status in (({}, 404), ({"Origin": "https://site.example"}, 403), ({"Host": "x.example"}, 421)):
                async with session.get(f"{emo._storage.url}/nothing", headers=headers) as answer:
                    assert answer.status == status
    finally:
        await emo.stop()


def test_the_secrets_of_a_sandbox_are_new_each_time() -> None:
    tokens = {random_token() for _ in range(10)}
    assert len(tokens) == len({random_key() for _ in range(10)}) == 10
    assert all(bot_token(token) == token and re.fullmatch(r"123456:AA\w{33}", token) for token in tokens)
