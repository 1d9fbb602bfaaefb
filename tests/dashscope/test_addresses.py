"""A gateway that names addresses inside our network learns nothing, and nothing there is asked."""

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult

from bot.dashscope.addresses import is_public
from bot.dashscope.client import DashscopeClient
from bot.dashscope.errors import AccountReason, BlockedAddress, VideoGone
from tests.dashscope.world import HASTE

VIDEO = b"a video"


class Names(AbstractResolver):
    """Names that lead where a test wants."""

    def __init__(self, **addresses: list[str]) -> None:
        self.addresses = addresses

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        if host not in self.addresses:
            raise OSError("no such name")
        return [
            ResolveResult(hostname=host, host=address, port=port, family=socket.AF_INET, proto=0, flags=0)
            for address in self.addresses[host]
        ]

    async def close(self) -> None:
        pass


class Neighbour:
    """Something inside the network, which would do as it is asked; and the way there from outside."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.leads_to = ""

    async def answer(self, request: web.Request) -> web.Response:
        if request.path == "/moved":
            return web.Response(status=302, headers={"Location": self.leads_to})
        self.asked.append(request.url.path)
        return web.Response(body=VIDEO)


@asynccontextmanager
async def neighbourhood(**names: list[str]) -> AsyncIterator[tuple[DashscopeClient, Neighbour, int]]:
    """A service at what counts as public here, 127.0.0.1, and a neighbour that listens at every address of loopback."""
    neighbour = Neighbour()
    application = web.Application()
    application.router.add_get("/{path:.*}", neighbour.answer)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        port = runner.addresses[0][1]
        await web.TCPSite(runner, "127.0.0.2", port).start()  # where nobody else on this machine listens
        async with aiohttp.ClientSession() as session:
            client = DashscopeClient(
                session,
                f"http://service.test:{port}",
                "sk-secret",
                retry_policy=HASTE,
                is_public=lambda address: address == "127.0.0.1",
                resolver=Names(**{"service.test": ["127.0.0.1"], **names}),
            )
            yield client, neighbour, port
    finally:
        await runner.cleanup()


@pytest.mark.parametrize("host", ["127.0.0.1", "service.test"])
async def test_a_video_at_a_public_address_arrives(tmp_path: Path, host: str) -> None:
    async with neighbourhood() as (client, _, port):
        await client.download(f"http://{host}:{port}/video.mp4", tmp_path / "v", 100)
    assert (tmp_path / "v").read_bytes() == VIDEO


@pytest.mark.parametrize("way", ["at once", "by a redirect"])
@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.2",
        "inside.test",
        "both.test",
        "[::1]",
        "[::ffff:127.0.0.2]",
        "169.254.169.254",
        "0.0.0.0",
        "2130706434",
    ],
)
async def test_an_address_inside_is_never_asked(tmp_path: Path, host: str, way: str) -> None:
    names = {"inside.test": ["127.0.0.2"], "both.test": ["127.0.0.1", "127.0.0.2"]}
    async with neighbourhood(**names) as (client, neighbour, port):
        inside = f"http://{host}:{port}/latest/meta-data"
        neighbour.leads_to = inside
        url = inside if way == "at once" else f"http://service.test:{port}/moved"
        with pytest.raises(BlockedAddress) as caught:
            await client.download(url, tmp_path / "v", 100)
        assert neighbour.asked == []
    assert caught.value.reason is AccountReason.INSIDE
    assert "DASHSCOPE_BASE_URL" in str(caught.value)
    assert host.strip("[]") in str(caught.value)
    assert list(tmp_path.iterdir()) == []


async def test_a_redirect_to_another_scheme_is_not_followed(tmp_path: Path) -> None:
    async with neighbourhood() as (client, neighbour, port):
        for neighbour.leads_to in ("file:///etc/passwd", "gopher://127.0.0.2/x"):
            with pytest.raises(VideoGone):
                await client.download(f"http://service.test:{port}/moved", tmp_path / "v", 100)


async def test_a_service_inside_the_network_may_name_its_neighbours(tmp_path: Path) -> None:
    """As the sandbox does, and a gateway in an office."""
    async with neighbourhood(**{"service.test": ["127.0.0.3"]}) as (client, _, port):
        await client.download(f"http://127.0.0.2:{port}/video.mp4", tmp_path / "v", 100)
    assert (tmp_path / "v").read_bytes() == VIDEO


async def test_without_names_nothing_inside_is_asked_either(tmp_path: Path) -> None:
    async with neighbourhood() as (_, neighbour, port), aiohttp.ClientSession() as session:
        client = DashscopeClient(session, "http://gone.test", "sk-secret", retry_policy=HASTE, resolver=Names())
        with pytest.raises(BlockedAddress):
            await client.download(f"http://127.0.0.2:{port}/video.mp4", tmp_path / "v", 100)
        assert neighbour.asked == []


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8"])
def test_addresses_of_the_internet_are_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        *(
            "127.0.0.1",
            "10.0.0.1",
            "172.16.3.4",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "224.0.0.1",
        ),
        *("::1", "::", "fe80::1", "fe80::1%eth0", "fd00::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1"),
        *("64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "2002:7f00:1::", "2001:0:7f00:1::"),
    ],
)
def test_addresses_of_a_network_are_not(address: str) -> None:
    assert not is_public(address)
