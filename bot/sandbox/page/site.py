"""The page's site: its routes, and how it is opened on this machine."""

import errno
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiohttp import web

from bot.sandbox.emo import EmoServer
from bot.sandbox.page.cast import Cast
from bot.sandbox.page.exchanges import Exchanges
from bot.sandbox.page.files import Files
from bot.sandbox.page.guard import add_headers, guard
from bot.sandbox.page.inside import show_inside
from bot.sandbox.page.page_actions import LANGUAGES, PageActions
from bot.sandbox.page.steps import Steps
from bot.sandbox.page.stream import Stream, show_exchange
from bot.sandbox.page.switches import Restart, Switches
from bot.sandbox.page.view import shared_chats, show_chat, show_person, show_waiting, show_world
from bot.sandbox.telegram import TelegramServer

STATIC = Path(__file__).parent / "static"
LARGEST = 64 * 1024 * 1024
PORTS = range(8081, 8100)
HOST = "127.0.0.1"
MOST_EXCHANGES = 200


@dataclass(frozen=True)
class OpenPage:
    """A page that can be visited at `url` until `close`."""

    url: str
    runner: web.AppRunner

    async def close(self) -> None:
        """Take it down."""
        await self.runner.cleanup()


def build_page(
    telegram: TelegramServer, emo: EmoServer | None, cast: Cast, restart: Restart | None = None
) -> web.Application:
    """The page of a sandbox.

    Args:
        telegram: whose chats are shown.
        emo: the service to look into; None where there is none.
        cast: who can be played.
        restart: kills the bot and starts it again; None where that is not ours to do.
    """
    world, log, steps = secrets.token_hex(8), telegram.world.log, Steps()
    exchanges = Exchanges(telegram, emo, steps)
    switches = Switches(telegram, emo, restart)

    def look_inside() -> dict[str, Any]:
        return show_inside(emo, steps, switches, exchanges.asked)

    def look_around() -> dict[str, Any]:
        people = [show_person(telegram, person) for person in cast.people]
        return {"people": people, "chats": [show_chat(chat) for chat in shared_chats(cast)]}

    async def state(_: web.Request) -> web.Response:
        calls = [show_exchange(event) for event in log.since(0) if event.kind == "exchange"]
        shown = show_world(telegram, cast) | {"exchanges": calls[-MOST_EXCHANGES:], "inside": look_inside()}
        return web.json_response({"world": world, "last": log.last, "languages": LANGUAGES, "emo": bool(emo)} | shown)

    looks: dict[str, Callable[[], Any]] = {"inside": look_inside, "around": look_around}
    stream = Stream(log, world, looks | {"waiting": lambda: show_waiting(telegram)})
    app = web.Application(middlewares=[guard], client_max_size=LARGEST)
    app.on_response_prepare.append(add_headers)
    app.on_shutdown.append(stream.close)
    app.on_cleanup.append(exchanges.close)
    app.add_routes([web.get("/", index), web.get("/api/state", state), web.get("/events", stream.follow)])
    app.add_routes([*PageActions(telegram, cast).routes(), *switches.routes(), *Files(telegram, emo, cast).routes()])
    app.router.add_static("/static", STATIC)
    return app


async def index(_: web.Request) -> web.StreamResponse:
    """The page."""
    return web.FileResponse(STATIC / "index.html")


async def open_page(
    telegram: TelegramServer,
    emo: EmoServer | None,
    cast: Cast,
    ports: Sequence[int] = PORTS,
    restart: Restart | None = None,
) -> OpenPage:
    """Open the page on the first of `ports` that is free, to this machine only; 0 is any.

    Raises:
        OSError: none of them is free.
    """
    runner = web.AppRunner(build_page(telegram, emo, cast, restart), access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    for port in ports:
        try:
            await web.TCPSite(runner, HOST, port).start()
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                await runner.cleanup()
                raise
        else:
            return OpenPage(f"http://{HOST}:{runner.addresses[0][1]}/", runner)
    await runner.cleanup()
    raise OSError(errno.EADDRINUSE, f"every port is taken: {', '.join(map(str, ports))}")
