"""`emobot demo` ends with a page that can be visited, and goes when it is told to."""

import asyncio
import re
import signal
import sys
from pathlib import Path

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
    async with aiohttp.ClientSession() as session, session.get(found[0].decode() + "api/state") as answer:
        state = await answer.json()
    assert [one["media"]["kind"] for one in state["messages"] if one["media"]] == ["photo", "voice", "video"]
    assert {"submit", "sendVideo"} <= {one["call"] for one in state["exchanges"]}
    demo.send_signal(signal.SIGTERM)
    async with asyncio.timeout(30):
        assert await demo.wait() == 0
