"""`emobot demo` ends with a page that can be visited; its bot can be killed from there, and goes when it is told to."""

import asyncio
import re
import signal
import sys
from pathlib import Path
from typing import Any

import aiohttp


async def test_the_demo_ends_with_a_page_that_stays_until_it_is_told_to_go(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "bot", "demo", "--port", "0"]
    pipe = asyncio.subprocess.PIPE
    demo = await asyncio.create_subprocess_exec(*command, stdout=pipe, stderr=asyncio.subprocess.STDOUT)
    assert demo.stdout is not None
    said = b""
    async with asyncio.timeout(90):
        while b"Ctrl-C ends" not in said:
            said += await demo.stdout.readline()
    found = re.search(rb"http://127\.0\.0\.1:\d+/", said)
    assert found is not None
    page = found[0].decode()
    async with aiohttp.ClientSession() as session:
        state = await read_state(session, page)
        assert [one["media"]["kind"] for one in state["messages"] if one["media"]] == ["photo", "voice", "video"]
        assert {"submit", "sendVideo"} <= {one["call"] for one in state["exchanges"]}
        assert state["links"] == [{"title": "Let Eileen speak", "payload": "as-Eileen"}]
        await is_killed_and_answers_again(session, page, state)
    demo.send_signal(signal.SIGTERM)
    async with asyncio.timeout(30):
        assert await demo.wait() == 0


async def read_state(session: aiohttp.ClientSession, page: str) -> dict[str, Any]:
    async with session.get(f"{page}api/state") as answer:
        return dict(await answer.json())


async def act(session: aiohttp.ClientSession, page: str, action: str, **fields: object) -> None:
    headers = {"Origin": page.rstrip("/")}
    async with session.post(f"{page}api/{action}", json=fields, headers=headers) as answer:
        assert await answer.json() == {}


async def is_killed_and_answers_again(session: aiohttp.ClientSession, page: str, state: dict[str, Any]) -> None:
    """Kill the bot by its switch, say something to it meanwhile, and wait for its answer."""

    def turned(state: dict[str, Any]) -> bool:
        return any(one["name"] == "restart" and one["on"] for one in state["inside"]["switches"])

    you = state["people"][0]
    await act(session, page, "switch", name="restart", on=True)
    assert turned(await read_state(session, page))
    await act(session, page, "say", **{"as": you["id"]}, chat=you["chat"], text="/help")
    async with asyncio.timeout(60):
        while True:
            state = await read_state(session, page)
            mine = [one for one in state["messages"] if one["chat"] == you["chat"]]
            asked = next(at for at, one in enumerate(mine) if one["text"] == "/help")
            if len(mine) > asked + 1 and not turned(state):
                break
            await asyncio.sleep(0.1)
    assert len(mine) == asked + 2
