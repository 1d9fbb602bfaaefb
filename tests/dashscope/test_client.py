"""The client against services that stumble, lie, crawl and fall silent."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from bot.dashscope.client import DashscopeClient
from bot.dashscope.errors import (
    AccountError,
    DashscopeError,
    ListUnsupported,
    LostAnswer,
    PersonError,
    ServiceError,
    UnclearAnswer,
    UnreachableMedia,
)
from bot.dashscope.types import Task, Verdict
from tests.dashscope.world import EMO, EXT, FACE, HASTE, look, order, serving

SECRET = "sk-very-secret"
TAKEN = {"output": {"task_id": "t1", "task_status": "PENDING"}}
RUNNING = {"output": {"task_id": "t1", "task_status": "RUNNING"}}


@dataclass
class Script:
    """A service that answers with what it was told, one answer after the other, the last one for ever."""

    answers: list[web.Response | tuple[int, Any]]
    requests: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)

    async def answer(self, request: web.Request) -> web.Response:
        """Take the next answer."""
        self.requests.append((request.method, request.path_qs, dict(request.headers)))
        now = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return now if isinstance(now, web.Response) else web.json_response(now[1], status=now[0])


@asynccontextmanager
async def scripted(
    *answers: web.Response | tuple[int, Any], base: str = ""
) -> AsyncIterator[tuple[DashscopeClient, Script]]:
    """A client of a scripted service."""
    script = Script(list(answers))
    application = web.Application()
    application.router.add_route("*", "/{path:.*}", script.answer)
    async with serving(application) as url, aiohttp.ClientSession() as session:
        yield DashscopeClient(session, url + base, SECRET, timeout=2.0, retry_policy=HASTE), script


@asynccontextmanager
async def raw(
    speak: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]],
) -> AsyncIterator[DashscopeClient]:
    """A client of something that is no HTTP server, or a bad one."""
    talks: list[asyncio.Task[None]] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
                await reader.readuntil(b"\r\n\r\n")
                await speak(reader, writer)
        finally:
            writer.transport.abort()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()

    def begin(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        talks.append(asyncio.create_task(talk(reader, writer)))

    server = await asyncio.start_server(begin, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server, aiohttp.ClientSession() as session:
        yield DashscopeClient(session, f"http://127.0.0.1:{port}", SECRET, timeout=0.3, retry_policy=HASTE)
    for one in talks:
        one.cancel()
    await asyncio.gather(*talks, return_exceptions=True)


async def submit(client: DashscopeClient) -> str:
    return await order(client, "http://h/i.png", "http://h/a.wav", Verdict(True, FACE, EXT))


@pytest.mark.parametrize("base", ["", "/", "/qwen", "/qwen/", "/qwen/api/v1", "/api/v1/"])
async def test_any_spelling_of_the_base_leads_to_the_same_calls(base: str) -> None:
    async with scripted((200, RUNNING), base=base) as (client, script):
        await client.poll("t1")
        prefix = "/qwen" if "qwen" in base else ""
        assert script.requests[0][:2] == ("GET", f"{prefix}/api/v1/tasks/t1")


@pytest.mark.parametrize("base", ["", "dashscope.aliyuncs.com", "ftp://host", "https://"])
async def test_a_base_that_is_no_address_is_refused_at_once(base: str) -> None:
    async with aiohttp.ClientSession() as session:
        with pytest.raises(ValueError, match="http"):
            DashscopeClient(session, base, SECRET)


async def test_a_gateway_that_wants_a_slash_gets_it_with_the_same_method_and_body() -> None:
    moved = web.Response(status=301, headers={"Location": "/api/v1/services/aigc/image2video/video-synthesis/"})
    async with scripted(moved, (200, TAKEN)) as (client, script):
        assert await submit(client) == "t1"
        assert [(method, path[-10:]) for method, path, _ in script.requests] == [
            ("POST", "-synthesis"),
            ("POST", "synthesis/"),
        ]


async def test_the_key_is_not_carried_to_another_host() -> None:
    async with scripted((200, RUNNING)) as (_, thief):
        away = web.Response(status=307, headers={"Location": "http://localhost:9/api/v1/tasks/t1"})
        async with scripted(away) as (client, _):
            with pytest.raises(AccountError):
                await client.poll("t1")
        assert thief.requests == []


async def test_submit_sends_what_the_service_documents_and_boxes_as_integers() -> None:
    async with scripted((200, TAKEN)) as (client, script):
        await submit(client)
        _, path, headers = script.requests[0]
        assert path == "/api/v1/services/aigc/image2video/video-synthesis"
        assert headers["X-DashScope-Async"] == "enable"
        assert headers["Authorization"] == f"Bearer {SECRET}"


async def test_throttles_and_hiccups_are_waited_out() -> None:
    envelope = {"code": "Throttling.RateQuota", "message": "Slow down."}
    async with scripted((429, envelope), (503, {}), (200, RUNNING)) as (client, script):
        assert (await client.poll("t1")).state == "RUNNING"
        assert len(script.requests) == 3


async def test_a_service_that_stays_down_is_given_up_after_the_agreed_tries() -> None:
    async with scripted((503, {"code": "ServiceUnavailable", "message": "Later."})) as (client, script):
        with pytest.raises(ServiceError) as caught:
            await client.poll("t1")
        assert not caught.value.throttled
        assert len(script.requests) == HASTE.attempts


@pytest.mark.parametrize(("status", "code"), [(401, "InvalidApiKey"), (400, "Arrearage"), (404, "ModelNotFound")])
async def test_what_the_operator_must_mend_is_not_tried_again(status: int, code: str) -> None:
    async with scripted((status, {"code": code, "message": "no"})) as (client, script):
        with pytest.raises(AccountError):
            await look(client, "http://h/i.png", "1:1")
        assert len(script.requests) == 1


async def test_a_refused_face_is_a_verdict_even_when_a_gateway_makes_it_an_error() -> None:
    async with scripted((400, {"code": "InvalidFile.NoHuman", "message": "Nobody."})) as (client, _):
        assert await look(client, "http://h/i.png", "1:1") == Verdict(
            False, code="InvalidFile.NoHuman", message="Nobody.", billed=False
        )


LOST: list[web.Response | tuple[int, Any]] = [
    (500, {"code": "InternalError", "message": "?"}),
    (500, {"code": "InternalError.Timeout", "message": "?"}),
    (502, {}),
    (503, {}),
    (504, {}),
    (408, {}),
    (200, {"output": {}}),
    (200, ["no object"]),
    (200, {"code": "BrandNew", "message": "?"}),
    (200, {"code": 500, "message": "?"}),
    (200, {"error": {"message": "upstream timed out", "type": "upstream_error"}}),
    (202, {"code": 0, "message": "success", "data": None}),
]


@pytest.mark.parametrize("answer", LOST, ids=str)
async def test_a_submit_that_may_have_been_taken_is_a_lost_answer_and_never_sent_again(answer: tuple[int, Any]) -> None:
    async with scripted(answer) as (client, script):
        with pytest.raises(LostAnswer):
            await submit(client)
        assert len(script.requests) == 1


async def test_an_id_may_be_long_and_one_that_cannot_be_kept_is_no_reason_to_pay_again() -> None:
    async with scripted((200, {"output": {"task_id": "t" * 512, "task_status": "PENDING"}})) as (client, _):
        assert await submit(client) == "t" * 512
    async with scripted((200, {"output": {"task_id": "t" * 513, "task_status": "PENDING"}})) as (client, script):
        with pytest.raises(UnclearAnswer, match="513 characters, and 512 can be kept"):
            await submit(client)
        assert len(script.requests) == 1


@pytest.mark.parametrize("body", [b"", b'{"output":{"task_id":"t', b"<html>502</html>", bytes(range(256)) * 40])
async def test_an_unreadable_answer_to_submit_is_lost(body: bytes) -> None:
    async with scripted(web.Response(body=body)) as (client, _):
        with pytest.raises(LostAnswer):
            await submit(client)


async def test_a_submit_for_a_model_that_is_not_there_was_not_taken() -> None:
    async with scripted((503, {"code": "model_not_found", "message": "No available channel."})) as (client, script):
        with pytest.raises(AccountError) as caught:
            await submit(client)
        assert caught.value.model_gone
        assert len(script.requests) == 1


MISSING = {"code": "InvalidParameter", "message": "Field required: input.image_url"}


@pytest.mark.parametrize("answer", [(400, MISSING), (422, {"error": {"message": "image_url is missing"}})], ids=str)
async def test_a_model_that_misses_the_portrait_of_a_probe_is_alive(answer: Any) -> None:
    async with scripted(answer) as (client, script):
        await client.probe({"model": "emo-detect-v1", "input": {}})
        assert [(method, path[-11:]) for method, path, _ in script.requests] == [("POST", "face-detect")]


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        ((403, {"code": "access_denied", "message": "Taken offline."}), AccountError),
        ((401, {"code": "InvalidApiKey", "message": "no"}), AccountError),
        ((404, {}), AccountError),
        ((503, {}), ServiceError),
        (web.Response(status=400, text="<html>"), ServiceError),
    ],
    ids=str,
)
async def test_a_probe_of_anything_else_says_what_it_is(answer: Any, kind: type[Exception]) -> None:
    async with scripted(answer) as (client, _):
        with pytest.raises(kind):
            await client.probe({"model": "emo-detect-v1", "input": {}})


@pytest.mark.parametrize("code", [None, "ModelNotFound", "model_not_found", "InvalidParameter"])
async def test_a_poll_that_finds_nothing_says_nothing_of_the_model(code: str | None) -> None:
    not_there = (404, {"code": code, "message": "Model not exist."})
    async with scripted(not_there, (200, RUNNING)) as (client, script):
        assert (await client.poll("t1")).state == "RUNNING"
        assert len(script.requests) == 2


async def test_a_throttled_submit_may_be_sent_again() -> None:
    async with scripted((429, {"code": "Throttling", "message": "Slow down."})) as (client, script):
        with pytest.raises(ServiceError) as caught:
            await submit(client)
        assert caught.value.throttled
        assert len(script.requests) == 1


async def test_a_submit_to_a_closed_port_may_be_sent_again(unused_tcp_port: int) -> None:
    async with aiohttp.ClientSession() as session:
        client = DashscopeClient(session, f"http://127.0.0.1:{unused_tcp_port}", SECRET, retry_policy=HASTE)
        with pytest.raises(ServiceError):
            await submit(client)


async def test_a_refused_submit_is_refused() -> None:
    async with scripted((400, {"code": "DataInspectionFailed", "message": "Refused."})) as (client, _):
        with pytest.raises(PersonError):
            await submit(client)


async def _silence(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()


async def _hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    return


async def _half(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b'HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{"output":{"task_id":"t1","task_st')
    await writer.drain()


async def _noise(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(bytes(range(128, 256)) * 50)
    await writer.drain()


async def _drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n")
    while True:
        writer.write(b" ")
        await writer.drain()
        await asyncio.sleep(0.05)


async def _endless(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 900000000\r\n\r\n")
    for _ in range(100):
        writer.write(b" " * 100_000)
        await writer.drain()


SPEAKERS = [_silence, _hang_up, _half, _noise, _drip, _endless]


@pytest.mark.parametrize("speak", SPEAKERS)
async def test_a_submit_into_garbage_is_a_lost_answer(
    speak: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]],
) -> None:
    async with raw(speak) as client:
        with pytest.raises(LostAnswer):
            await submit(client)


@pytest.mark.parametrize("speak", SPEAKERS)
async def test_a_poll_into_garbage_is_the_services_trouble(
    speak: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]],
) -> None:
    async with raw(speak) as client:
        with pytest.raises(ServiceError):
            await client.poll("t1")


async def test_no_error_and_no_repr_shows_the_key() -> None:
    echo = {"code": "InvalidApiKey", "message": f"Incorrect key {SECRET} provided, see https://h/?key={SECRET}"}
    async with scripted((401, echo)) as (client, _):
        with pytest.raises(AccountError) as caught:
            await client.poll("t1")
        assert SECRET not in f"{caught.value!s} {caught.value!r} {client!r} {vars(client)!r}"


async def test_a_cancel_whose_first_answer_was_lost_still_counts() -> None:
    late = {"code": "UnsupportedOperation", "message": "Not pending."}
    gone = {"output": {"task_id": "t1", "task_status": "CANCELED"}}
    async with scripted((502, {}), (400, late), (200, gone)) as (client, _):
        assert await client.cancel("t1") is True


async def test_a_cancel_that_comes_too_late_is_false() -> None:
    async with scripted((400, {"code": "UnsupportedOperation", "message": "Not pending."})) as (client, script):
        assert await client.cancel("t1") is False
        assert len(script.requests) == 1


@pytest.mark.parametrize(
    "answer",
    [
        (404, {}),
        (405, {}),
        web.Response(status=404, text="<html>"),
        (200, {"output": {}}),
        (400, {"code": "BrandNew"}),
        (403, {"error": {"message": "Not for you."}}),
    ],
)
async def test_a_gateway_without_a_list_says_so(answer: Any) -> None:
    async with scripted(answer) as (client, _):
        with pytest.raises(ListUnsupported):
            await client.list_tasks(EMO.video_model, datetime.now(UTC), datetime.now(UTC))


async def test_the_list_reads_every_page_and_splits_what_is_longer_than_a_day() -> None:
    def page(name: str, number: int) -> tuple[int, Any]:
        row = {"task_id": name, "status": "RUNNING", "gmt_create": 1757572418716, "model_name": "emo-v1"}
        return 200, {"total": 2, "data": [row], "page_no": number, "total_page": 2}

    async with scripted(page("a", 1), page("b", 2), page("c", 1), page("d", 2)) as (client, script):
        until = datetime(2025, 9, 12, 16, 0, 0, tzinfo=UTC)
        tasks = await client.list_tasks(EMO.video_model, until - timedelta(hours=30), until)
        assert [task.task_id for task in tasks] == ["a", "b", "c", "d"]
        assert tasks[0].created_at == datetime(2025, 9, 11, 6, 33, 38, 716000, UTC)
        assert "start_time=20250911180000&end_time=20250912180000" in script.requests[0][1]
        assert "end_time=20250913000001" in script.requests[2][1]


@pytest.mark.parametrize(
    "answer",
    [
        (400, {"code": "BrandNewTrouble", "message": "?"}),
        (400, {"code": "DataInspectionFailed", "message": "Refused."}),
        (200, {"output": None}),
        (200, {"status": "failed", "message": "upstream timed out"}),
        (404, {"error": {"message": "Invalid URL"}}),
        (413, {}),
    ],
    ids=str,
)
async def test_a_poll_that_cannot_be_read_is_not_yet(answer: Any) -> None:
    async with scripted(answer) as (client, script):
        with pytest.raises(ServiceError):
            await client.poll("t1")
        script.answers = [(200, RUNNING)]
        assert (await client.poll("t1")).state == "RUNNING"


@pytest.mark.parametrize("path", ["/v1/tasks/{id}", "/qwen/api/v1/tasks/video/{id}"])
async def test_a_task_is_polled_where_the_gateway_tells_of_it(path: str) -> None:
    script = Script([(200, RUNNING)])
    application = web.Application()
    application.router.add_route("*", "/{path:.*}", script.answer)
    async with serving(application) as url, aiohttp.ClientSession() as session:
        client = DashscopeClient(session, f"{url}/wan", SECRET, tasks_path=path, retry_policy=HASTE)
        await client.poll("t/1")
        assert script.requests[0][1] == path.format(id="t%2F1")


async def test_a_gateway_without_cancel_takes_nothing_back() -> None:
    async with scripted((404, {"error": {"message": "Invalid URL"}})) as (client, script):
        assert await client.cancel("t1") is False
        assert len(script.requests) == 1


REFUSED: list[tuple[tuple[int, Any], type[Exception]]] = [
    ((200, {"code": 401, "message": "Invalid token."}), AccountError),
    ((200, {"error": {"code": "insufficient_quota", "message": "Empty."}}), AccountError),
    ((200, {"code": "DataInspectionFailed", "message": "Refused."}), PersonError),
    ((200, {"code": "Throttling", "message": "Slow down."}), ServiceError),
]


@pytest.mark.parametrize(("answer", "kind"), REFUSED, ids=str)
async def test_a_200_that_is_surely_an_error_is_one(answer: Any, kind: type[Exception]) -> None:
    async with scripted(answer) as (client, _):
        with pytest.raises(kind):
            await submit(client)


async def test_a_task_is_taken_also_where_its_id_is_wrapped() -> None:
    async with scripted((200, {"code": 0, "message": "success", "data": {"task_id": "t1"}})) as (client, _):
        assert await submit(client) == "t1"


@pytest.mark.parametrize(
    ("answer", "kind", "billed"),
    [
        ((200, {"output": {"check_pass": True}}), UnclearAnswer, True),
        ((200, {"output": {"check_pass": False, "code": "InvalidFile.DownloadFailed"}}), UnreachableMedia, True),
        ((400, {"code": "InvalidFile.DownloadFailed", "message": "?"}), UnreachableMedia, False),
        ((200, {"code": 403, "message": "no"}), AccountError, False),
    ],
    ids=str,
)
async def test_a_look_that_says_nothing_of_the_face_is_no_verdict(
    answer: Any, kind: type[DashscopeError], billed: bool
) -> None:
    async with scripted(answer) as (client, script):
        with pytest.raises(kind) as caught:
            await look(client, "http://h/i.png", "1:1")
        assert caught.value.billed is billed
        assert len(script.requests) == 1


async def test_a_strange_task_id_stays_one_step_of_the_path() -> None:
    async with scripted((200, RUNNING)) as (client, script):
        assert isinstance(await client.poll("../uploads?x=1"), Task)
        assert script.requests[0][1] == "/api/v1/tasks/..%2Fuploads%3Fx%3D1"


async def test_the_rates_of_the_account_are_kept() -> None:
    async with scripted((200, RUNNING)) as (client, _):
        loop = asyncio.get_running_loop()
        begun = loop.time()
        await asyncio.gather(*(client.poll("t1") for _ in range(10)))
        assert loop.time() - begun >= 9 / 20
