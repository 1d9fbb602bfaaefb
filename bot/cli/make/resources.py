"""What `emobot make` works with: what a bot has, in a temporary folder, and files in the place of chats."""

import asyncio
import shutil
import socket
import sys
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp

from bot.cli.local_engine import LocalEngine
from bot.dashscope.client import DashscopeClient
from bot.engines.choose import choose
from bot.render.accounts import Account, Accounts
from bot.render.audience import FileIdDead, Sent, Video
from bot.render.credentials import load_or_make_credentials
from bot.render.hosting import OwnLinks, Uploads
from bot.render.labelling import Labels
from bot.render.resources import Resources
from bot.settings import THE_ONE, Settings
from bot.web.server import build_web, serve
from storage.database import open_database
from storage.link_keys import load_or_make_link_keys
from storage.links import Links
from storage.objects import Objects
from storage.renders import Render
from storage.upgrade import migrate


@dataclass
class Terminal:
    """The audience at a terminal: each video becomes a file.

    Args:
        outputs: where the video of each render goes.
    """

    outputs: dict[str, Path] = field(default_factory=dict)

    async def send_video(self, render: Render, video: Video) -> Sent:
        """Write the video, whole or not at all."""
        output = self.outputs[render.id]
        unfinished = output.with_name(f".{output.name}.part")
        await asyncio.to_thread(shutil.copyfile, video.path, unfinished)
        unfinished.replace(output)
        return Sent(0, render.id)

    async def send_again(self, render: Render, file_id: str) -> Sent:  # noqa: ARG002
        """Refuse: a terminal keeps no earlier videos."""
        raise FileIdDead

    async def tell_end(self, render: Render) -> None:
        """Do nothing: `make` reads the row and says it."""

    async def clear_card(self, render: Render) -> None:
        """Do nothing: the bar ends by itself."""


async def open_resources(
    stack: AsyncExitStack, settings: Settings, local: LocalEngine | None, folder: Path, terminal: Terminal
) -> Resources:
    """Open a database, a web server and the service, until the stack is closed.

    Args:
        local: the puppet, where it makes the videos.
        folder: for all that is kept meanwhile.
    """
    database = open_database(f"sqlite+aiosqlite:///{folder / 'make.db'}")
    stack.push_async_callback(database.dispose)
    await migrate(database)
    objects = Objects(folder / "objects", database)
    public = None if local else settings.public_url
    host, port = (settings.listen.host, settings.listen.port) if public else ("127.0.0.1", 0)
    keys = load_or_make_link_keys(folder / "link-secrets")
    port = port or _free_port(host)
    links = Links(database, keys, public or f"http://{host}:{port}", settings.link_ttl)
    runner = await serve(build_web(links, objects, webhook=None, webhook_secret=None, health=_healthy), host, port)
    stack.push_async_callback(runner.cleanup)
    session = await stack.enter_async_context(aiohttp.ClientSession())
    url, path = (local.url, None) if local else (settings.dashscope_base_url, settings.tasks_path)
    accounts = {THE_ONE: local.api_key} if local else {account.name: account.key for account in settings.accounts}
    upload = not local and settings.hosting == "upload"

    def connect(name: str, key: str) -> Account:
        service = DashscopeClient(session, url, key, tasks_path=path)
        return Account(name, service, Uploads(service, objects) if upload else OwnLinks(links))

    engines = choose("local" if local else settings.engine, settings.overrides)
    return Resources(
        database,
        objects,
        links,
        Accounts(connect, accounts),
        terminal,
        *engines,
        labels=Labels(settings.ai_mark, load_or_make_credentials(folder)),
        upload_limit=sys.maxsize,
    )


def _free_port(host: str) -> int:
    with socket.socket() as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


async def _healthy() -> dict[str, object]:
    return {}
