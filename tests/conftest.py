"""What every test has: a machine without an outside, no settings of the developer's, its own folder and port."""

import asyncio
import ipaddress
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.settings import SETTING_NAMES
from storage.database import open_database
from storage.upgrade import migrate
from tests import compilations
from tests.ports import port_of_its_own

_outside: list[str] = []


class Outside(RuntimeError):
    """A test reached for something that is not on this machine's loopback."""


def _watch(event: str, arguments: tuple[Any, ...]) -> None:
    """Refuse every name look-up and every address that is not loopback, and remember it for the test."""
    if event in ("socket.connect", "socket.bind", "socket.sendto", "socket.sendmsg"):
        address = arguments[1]
        host = address[0] if isinstance(address, tuple) else None
    elif event in ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"):
        host = arguments[0]
    else:
        return
    if not is_loopback(host):
        _outside.append(f"{event} {host}")
        raise Outside(f"a test may not leave this machine: {event} {host}")


def is_loopback(host: object) -> bool:
    """Tell whether a host, as given to a socket call, stays on this machine; None is a socket without an address."""
    if isinstance(host, bytes):
        host = host.decode()
    if host is None or host == "localhost":
        return True
    try:
        return isinstance(host, str) and ipaddress.ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return False


sys.addaudithook(_watch)
signal.signal(signal.SIGINT, signal.default_int_handler)  # what a script starts in the background would ignore it
compilations.share()


@pytest.fixture(autouse=True)
def loopback_only() -> Iterator[None]:
    """Fail a test that left this machine, even where the product swallowed the refusal."""
    _outside.clear()
    yield
    if _outside:
        pytest.fail("this test left the machine: " + ", ".join(_outside))


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hide the developer's own settings."""
    for name in list(os.environ):
        if name.upper() in SETTING_NAMES:
            monkeypatch.delenv(name)


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    """An empty folder for what the bot keeps."""
    folder = tmp_path / "data"
    folder.mkdir()
    return folder


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database of SQLite with all tables and nothing in them, to be copied."""
    path = tmp_path_factory.mktemp("migrated") / "bot.db"

    async def make() -> None:
        database = open_database(f"sqlite+aiosqlite:///{path}")
        await migrate(database)
        await database.dispose()

    asyncio.run(make())
    return path


@pytest.fixture
def free_port() -> int:
    """A port that nobody listens on; prefer port 0 where a server can say which one it got."""
    return port_of_its_own()
