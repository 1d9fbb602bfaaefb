"""A Bot API of one's own that is hostile, and one that keeps its files on this machine."""

import asyncio
import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web
from telegram import Bot
from telegram.error import NetworkError

from bot.media.errors import MediaError
from handlers.transport.attachments import Attachment
from handlers.transport.files import Unreachable, save
from handlers.transport.http import LONGEST_ANSWER, AiohttpRequest

TOKEN = "123456:a-token-that-nobody-may-read"


class Gateway:
    """Answers `getFile` with any path, and remembers what was asked of it."""

    def __init__(self) -> None:
        self.file_path: str | None = ""
        self.asked: list[str] = []

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(request.path.replace(TOKEN, ""))
        if request.path.endswith("/getFile"):
            file = {"file_id": "a", "file_unique_id": "b", "file_path": self.file_path}
            return web.json_response({"ok": True, "result": file})
        if request.path.endswith("/getMe"):
            return await self.answer_without_end(request)
        return web.Response(body=b"sent by the gateway")

    async def answer_without_end(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "application/json"})
        response.enable_compression()
        await response.prepare(request)
        for _ in range(LONGEST_ANSWER // 2**20 + 8):
            await response.write(b" " * 2**20)
        await response.write(json.dumps({"ok": False}).encode())
        return response


@asynccontextmanager
async def served(local_files: Path | None = None) -> AsyncIterator[tuple[Gateway, Bot]]:
    gateway, application = Gateway(), web.Application()
    application.router.add_route("*", "/{path:.*}", gateway.answer)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    address = f"http://127.0.0.1:{runner.addresses[0][1]}"
    request = AiohttpRequest(address, local_files)
    await request.initialize()
    try:
        base, files_base = f"{address}/bot", f"{address}/file/bot"
        yield gateway, Bot(TOKEN, base, files_base, request=request, get_updates_request=request)
    finally:
        await request.shutdown()
        await runner.cleanup()


@pytest.fixture
def secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file of the bot, in the folder that it runs in."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "link-secrets").write_text("secret")
    return tmp_path / "data" / "link-secrets"


async def test_no_file_of_this_machine_is_read_for_a_gateway(tmp_path: Path, secret: Path) -> None:
    async with served() as (gateway, bot):
        for gateway.file_path in (
            str(secret),
            "/etc/passwd",
            f"/{secret}",
            f"{tmp_path}/../{secret}",
            "/proc/self/environ",
        ):
            with pytest.raises(Unreachable):
                await save(Attachment(bot, "a"), tmp_path / "sent")
            assert not (tmp_path / "sent").exists()


async def test_a_name_that_is_also_one_here_is_asked_of_the_gateway(tmp_path: Path, secret: Path) -> None:
    async with served() as (gateway, bot):
        gateway.file_path = "data/link-secrets"
        await save(Attachment(bot, "a"), tmp_path / "sent")
        assert (tmp_path / "sent").read_bytes() == b"sent by the gateway"
        assert gateway.asked[-1] == "/file/bot/data/link-secrets"


async def test_the_files_of_a_local_server_are_taken_from_its_folder_alone(tmp_path: Path, secret: Path) -> None:
    folder = tmp_path / "server"
    (folder / "photos").mkdir(parents=True)
    (folder / "photos" / "file_1.jpg").write_bytes(b"a large film")
    (folder / "photos" / "link").symlink_to(secret)
    async with served(folder) as (gateway, bot):
        gateway.file_path = str(folder / "photos" / "file_1.jpg")
        await save(Attachment(bot, "a", size=1_900_000_000), tmp_path / "sent")
        assert (tmp_path / "sent").read_bytes() == b"a large film"
        for bad in (
            secret,
            folder / "photos" / "link",
            folder / ".." / "data" / "link-secrets",
            folder,
            folder / "gone",
        ):
            gateway.file_path = str(bad)
            with pytest.raises(Unreachable):
                await save(Attachment(bot, "a"), tmp_path / "other")
        assert not (tmp_path / "other").exists()


async def test_a_file_on_another_disk_is_copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError("another disk")

    monkeypatch.setattr(os, "link", refuse)
    (tmp_path / "file").write_bytes(b"sent")
    async with served(tmp_path) as (gateway, bot):
        gateway.file_path = str(tmp_path / "file")
        await save(Attachment(bot, "a"), tmp_path / "copy")
    assert (tmp_path / "copy").read_bytes() == b"sent"


async def test_an_answer_without_an_end_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also one that is small on its way, and large when it is unpacked."""
    async with served() as (_, bot):
        with pytest.raises(NetworkError, match="ValueError"):
            await asyncio.wait_for(bot.get_me(), 60)


async def test_without_a_folder_the_limit_is_telegrams(tmp_path: Path) -> None:
    async with served() as (_, bot):
        with pytest.raises(MediaError):
            await save(Attachment(bot, "a", size=21 * 1024 * 1024), tmp_path / "sent")
