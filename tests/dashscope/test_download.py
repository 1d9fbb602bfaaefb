"""A finished video comes over whole, or not at all."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from bot.dashscope.client import DashscopeClient
from bot.dashscope.errors import ServiceError, VideoGone, VideoTooLarge
from tests.dashscope.world import HASTE, serving

BODY = bytes(range(256)) * 4000


class Host:
    """A video host that counts what it is asked."""

    def __init__(self) -> None:
        self.seen: list[web.Request] = []
        self.failures = 0

    async def give(self, request: web.Request) -> web.StreamResponse:
        """Answer by the path."""
        self.seen.append(request)
        where = request.match_info["path"]
        if where.isdigit():
            return web.Response(status=int(where))
        if where == "around":
            return web.Response(status=302, headers={"Location": "/around"})
        if where == "moved":
            return web.Response(status=302, headers={"Location": "/video.mp4?Signature=a%2Fb%2Bc%3D"})
        if where == "away":
            return web.Response(status=302, headers={"Location": "file:///etc/passwd"})
        if where == "flaky" and self.failures < 2:
            self.failures += 1
            return web.Response(status=503)
        if where == "unsized":
            response = web.StreamResponse()
            await response.prepare(request)
            with contextlib.suppress(ConnectionError):
                for start in range(0, len(BODY), 100_000):
                    await response.write(BODY[start : start + 100_000])
            return response
        if where == "cut":
            response = web.StreamResponse(headers={"Content-Length": str(len(BODY))})
            await response.prepare(request)
            await response.write(BODY[:5000])
            assert request.transport is not None
            request.transport.abort()
            return response
        if where == "stuck":
            response = web.StreamResponse(headers={"Content-Length": str(len(BODY))})
            await response.prepare(request)
            await response.write(BODY[:5000])
            await asyncio.sleep(60)
            return response
        return web.Response(body=BODY)


def left_in(folder: Path) -> dict[str, bytes]:
    return {entry.name: entry.read_bytes() for entry in folder.iterdir()}


@asynccontextmanager
async def hosted() -> AsyncIterator[tuple[DashscopeClient, str, Host]]:
    host = Host()
    application = web.Application()
    application.router.add_get("/{path:.*}", host.give)
    async with serving(application) as url, aiohttp.ClientSession() as session:
        yield DashscopeClient(session, url, "sk-secret", timeout=0.3, retry_policy=HASTE), url, host


@pytest.mark.parametrize("path", ["video.mp4", "moved", "flaky", "unsized"])
async def test_the_video_arrives_whole_and_the_host_never_sees_the_key(tmp_path: Path, path: str) -> None:
    async with hosted() as (client, url, host):
        await client.download(f"{url}/{path}", tmp_path / "v.mp4", len(BODY))
        assert left_in(tmp_path) == {"v.mp4": BODY}
        assert not any("sk-secret" in str(request.headers) for request in host.seen)


async def test_a_signature_goes_out_letter_by_letter(tmp_path: Path) -> None:
    async with hosted() as (client, url, host):
        await client.download(f"{url}/a%2Fb.mp4?Expires=1&Signature=x%2Fy%2Bz%3D%20", tmp_path / "v.mp4", len(BODY))
        assert host.seen[0].raw_path == "/a%2Fb.mp4?Expires=1&Signature=x%2Fy%2Bz%3D%20"


@pytest.mark.parametrize("path", ["403", "404", "410", "around", "away"])
async def test_a_dead_link_is_gone_and_not_asked_again(tmp_path: Path, path: str) -> None:
    async with hosted() as (client, url, host):
        with pytest.raises(VideoGone):
            await client.download(f"{url}/{path}", tmp_path / "v.mp4", len(BODY))
        assert len(host.seen) == (6 if path == "around" else 1)
        assert left_in(tmp_path) == {}


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://host/v.mp4", "//host/v.mp4", "", "http://"])
async def test_a_link_of_another_kind_is_never_followed(tmp_path: Path, url: str) -> None:
    async with hosted() as (client, _, _):
        with pytest.raises(VideoGone):
            await client.download(url, tmp_path / "v.mp4", len(BODY))


@pytest.mark.parametrize("path", ["video.mp4", "unsized"])
async def test_too_large_is_said_and_nothing_is_left(tmp_path: Path, path: str) -> None:
    async with hosted() as (client, url, _):
        with pytest.raises(VideoTooLarge):
            await client.download(f"{url}/{path}", tmp_path / "v.mp4", len(BODY) - 1)
        assert left_in(tmp_path) == {}


@pytest.mark.parametrize("path", ["500", "cut", "stuck"])
async def test_a_host_in_trouble_may_be_tried_later_and_an_older_file_stays(tmp_path: Path, path: str) -> None:
    (tmp_path / "v.mp4").write_bytes(b"older")
    async with hosted() as (client, url, host):
        with pytest.raises(ServiceError) as caught:
            await client.download(f"{url}/{path}?Signature=secret", tmp_path / "v.mp4", len(BODY))
        assert len(host.seen) == HASTE.attempts
        assert "secret" not in f"{caught.value!r} {caught.value}"
        assert left_in(tmp_path) == {"v.mp4": b"older"}
