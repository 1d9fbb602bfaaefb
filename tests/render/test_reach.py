"""What counts as reached, and what one machine hears of what the others reach."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import pytest

from bot.render import reach as module
from bot.render.reach import Reach, Way
from storage.machines import Company

Answer = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Coroutine[Any, Any, None]]


async def say_no(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 503 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
    writer.close()


async def hang_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.close()


async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()
    writer.close()


@asynccontextmanager
async def host(answer: Answer) -> AsyncIterator[Way]:
    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    yield Way("the host", f"http://name:password@127.0.0.1:{server.sockets[0].getsockname()[1]}/some/path?key=1")
    server.close()


@pytest.mark.parametrize(("answer", "misses"), [(say_no, []), (hang_up, ["the host"]), (say_nothing, ["the host"])])
async def test_whatever_comes_back_counts_and_only_that(
    answer: Answer, misses: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "ANSWER_SECONDS", 1.0)
    async with host(answer) as way:
        reach = Reach([way])
        await reach.look()
        assert sorted(reach.misses) == misses


def test_who_finds_it_again_a_moment_after_the_others_was_not_behind_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    reach, others = Reach([]), frozenset({"Telegram"})
    said = []
    for now, ahead in ((0.0, others), (59.0, others), (60.0, frozenset[str]()), (600.0, others), (660.0, others)):
        monkeypatch.setattr(module, "monotonic", lambda now=now: now)
        said.append(sorted(reach.compare(ahead, 60)))
    assert said == [[], [], [], [], ["Telegram"]]


def test_only_what_another_machine_reaches_is_a_reason_to_go() -> None:
    misses = {"a": frozenset({"Telegram", "the service"}), "b": frozenset({"the service"}), "c": frozenset[str]()}
    assert Company(0, ("a", "b", "c"), misses=misses).others_reach(misses["a"]) == {"Telegram", "the service"}
    del misses["c"]
    assert Company(0, ("a", "b"), misses=misses).others_reach(misses["a"]) == {"Telegram"}
    assert Company(1, ("a", "b"), misses=misses).others_reach(misses["b"]) == set()
    assert Company().others_reach({"Telegram"}) == set()
