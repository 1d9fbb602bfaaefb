"""`python -m tests.updates`: send the bot every kind of update there is, thousands of them, in both ways."""

import argparse
import asyncio
import tempfile
import time
from pathlib import Path

from bot.sandbox.emo import EmoServer
from bot.sandbox.telegram import TelegramServer
from tests.ports import port_of_its_own
from tests.still_renderer import detect_centre, render_still
from tests.stories.conftest import World
from tests.updates.run import send_all


async def run(way: str, count: int, *, handled: bool) -> None:
    """Send them to a bot of its own, and say how long it took."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="updates-") as folder:
        emo = EmoServer(detect_centre, render_still)
        async with TelegramServer() as telegram:
            await emo.start()
            try:
                world = World(telegram, emo, Path(folder) / "data", port_of_its_own())
                sent = await send_all(world, way, count, handled=handled, seconds=3600)
            finally:
                await emo.stop()
            assert telegram.violations == [], telegram.violations
    what = "read, handled" if handled else "read"
    print(f"{way}: {sent} updates {what} and marked in {time.monotonic() - began:.0f} s; the bot lives", flush=True)


def main() -> int:
    """Send them; an error says which one was not marked."""
    parser = argparse.ArgumentParser(prog="python -m tests.updates", description=__doc__)
    parser.add_argument("--count", type=int, default=5000, help="updates that are read, in each way")
    parser.add_argument("--handled", type=int, default=500, help="updates that the handlers get, in each way")
    options = parser.parse_args()
    for way in ("polling", "webhook"):
        asyncio.run(run(way, options.count, handled=False))
        asyncio.run(run(way, options.handled, handled=True))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
