"""A broken call is told in words."""

import asyncio
import errno

import aiohttp
import pytest

from bot.dashscope.causes import WORDS, cause_in_words
from tests.ports import port_of_its_own


async def refused() -> BaseException:
    """What comes of a call to a port where nobody listens."""
    async with aiohttp.ClientSession() as session:
        with pytest.raises(aiohttp.ClientError) as caught:
            await session.get(f"http://127.0.0.1:{port_of_its_own()}/")
    return caught.value


async def test_a_real_refusal_is_told_as_the_system_does() -> None:
    assert cause_in_words(await refused()) == "connection refused"


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (aiohttp.ServerDisconnectedError(), "it hung up"),
        (aiohttp.ServerTimeoutError(), "no answer in time"),
        (TimeoutError(), "no answer in time"),
        (aiohttp.ClientPayloadError("400, message: x"), "its answer broke off"),
        (ConnectionResetError(errno.ECONNRESET, "x"), "connection reset by peer"),
        (aiohttp.InvalidURL("http://token@"), "its address is none"),
        (aiohttp.ClientError("odd"), "the connection failed"),
        (ValueError("odd"), "the connection failed"),
    ],
)
def test_no_librarys_name_or_sentence_is_shown(error: BaseException, said: str) -> None:
    assert cause_in_words(error) == said


def test_a_server_that_speaks_no_http_is_told() -> None:
    async def scenario() -> BaseException:
        async def mumble(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(b"SSH-2.0-OpenSSH\r\n\r\n")
            await writer.drain()
            writer.close()

        server = await asyncio.start_server(mumble, "127.0.0.1", 0)
        async with server, aiohttp.ClientSession() as session:
            with pytest.raises(aiohttp.ClientError) as caught:
                await session.get(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/")
        return caught.value

    assert cause_in_words(asyncio.run(scenario())) == "its answer is no HTTP"


def test_every_word_is_for_people() -> None:
    assert [words for _, words in WORDS if "error" in words.lower()] == []
