"""Logs tell what happened, and no secret."""

import asyncio
import io
import json
import logging
import sys
import threading
import warnings
from typing import Any

import pytest
import structlog
from pydantic import SecretStr

from bot.logs import configure_logs, make_redactor, redactor
from bot.settings import Settings
from storage.link_keys import LinkKey

TOKEN = "123456:" + "AbC-_" * 7
KEY = 'key "with\\odd\\signs"'.replace(" ", "_")
WORD = "p@ssword-of-the-database"
LINK = "l1nk-" * 8


class Lines(io.StringIO):
    def last(self) -> dict[str, Any]:
        line: dict[str, Any] = json.loads(self.getvalue().splitlines()[-1])
        return line


def logs(log_format: Any = "json", level: Any = "DEBUG") -> Lines:
    stream = Lines()
    settings = Settings(
        telegram_bot_token=SecretStr(TOKEN),
        dashscope_api_key=SecretStr(KEY),
        database=SecretStr("postgresql://bot:p%40ssword-of-the-database@db/x"),
        link_secrets=(LinkKey("k", LINK.encode()),),
        log_format=log_format,
        log_level=level,
    )
    configure_logs(settings, stream)
    return stream


def fail_with_everything() -> None:
    raise ValueError(f"GET https://api.telegram.org/bot{TOKEN}/getMe {KEY} {WORD} {LINK}")


@pytest.mark.parametrize("log_format", ["json", "console"])
@pytest.mark.parametrize("name", [None, "somebody.else"])
def test_no_secret_is_in_a_message_a_value_or_a_traceback(log_format: Any, name: Any) -> None:
    stream = logs(log_format)
    log = logging.getLogger(name) if name else structlog.get_logger("x")
    log.info("token %s", TOKEN)
    log.info("words", **({"extra": {"deep": {"a": [KEY, (WORD,)]}}} if name else {"deep": {"a": [KEY, (WORD,)]}}))
    try:
        fail_with_everything()
    except ValueError:
        log.exception("failed")
    said = stream.getvalue()
    assert said.count("[hidden]") >= 7
    assert "ValueError" in said
    for secret in (TOKEN, KEY, json.dumps(KEY)[1:-1], repr(KEY)[1:-1], WORD, LINK):
        assert secret not in said


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("https://api.telegram.org/file/bot987654:" + "z" * 35 + "/photos/1.jpg", "z" * 35),
        ("/media/k.wav?expires=1700000000&kid=a&signature=deadbeef", "deadbeef"),
        ("https://oss.example/v.mp4?Expires=17&OSSAccessKeyId=LTAI5&Signature=abc%3D", "abc%3D"),
        ("https://oss.example/v.mp4?Expires=17&OSSAccessKeyId=LTAI5&Signature=abc%3D", "LTAI5"),
        ("x-oss-signature=abcdef12", "abcdef12"),
        ("{'Authorization': 'Bearer abc.def-1'}", "abc.def-1"),
        ("DASHSCOPE key sk-0123456789abcdef0123", "0123456789abcdef"),
        ("postgresql://bot:hunter2@db/x", "hunter2"),
        ('{"X-Telegram-Bot-Api-Secret-Token": "abcd1234"}', "abcd1234"),
    ],
)
def test_what_is_shaped_like_a_secret_is_hidden_unknown_as_it_is(text: Any, hidden: Any) -> None:
    said = make_redactor()(text)
    assert hidden not in said
    assert "[hidden]" in said


@pytest.mark.parametrize(
    "text", ["task 0385dc79-5ff8-4d82-bcb6", "at 12:34:56", "http://127.0.0.1:8080/health", "a@b.example"]
)
def test_the_rest_is_left_alone(text: Any) -> None:
    assert make_redactor(["key"])(text) == text


def test_json_has_one_line_for_an_event_and_its_values() -> None:
    stream = logs()
    structlog.get_logger("bot.x").info("a render ended", render="r1", seconds=2.5, chat=-100)
    line = stream.last()
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "event": "a render ended",
        "render": "r1",
        "seconds": 2.5,
        "chat": -100,
        "level": "info",
        "logger": "bot.x",
    }


def test_values_bound_to_the_context_are_in_every_line() -> None:
    stream = logs()
    with structlog.contextvars.bound_contextvars(render="r2"):
        logging.getLogger("other").warning("x")
    assert stream.last()["render"] == "r2"


def test_chatty_libraries_are_kept_quiet_but_heard_when_it_matters() -> None:
    stream = logs()
    for name in ("httpx", "httpcore.http11", "apscheduler.scheduler", "dbos", "aiohttp.access"):
        logging.getLogger(name).info("GET /bot%s/getUpdates", TOKEN)
    assert stream.getvalue() == ""
    logging.getLogger("dbos").warning("queue is full")
    assert stream.last()["event"] == "queue is full"


def test_the_level_counts() -> None:
    stream = logs(level="WARNING")
    structlog.get_logger("x").info("no")
    logging.getLogger("y").info("no")
    assert stream.getvalue() == ""


def test_a_warning_becomes_a_line() -> None:
    stream = logs()
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(False)
        logging.captureWarnings(True)
        warnings.warn(f"about {TOKEN}", UserWarning, stacklevel=1)
    assert "about [hidden]" in stream.last()["event"]


def test_an_uncaught_exception_becomes_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    stream = logs()
    try:
        fail_with_everything()
    except ValueError as error:
        sys.excepthook(ValueError, error, error.__traceback__)
    assert "ValueError" in stream.last()["exception"]
    assert capsys.readouterr().err == ""


def test_an_uncaught_exception_of_a_thread_becomes_a_line() -> None:
    stream = logs()
    thread = threading.Thread(target=fail_with_everything, name="worker")
    thread.start()
    thread.join()
    assert stream.last()["thread"] == "worker"
    assert "ValueError" in stream.last()["exception"]


async def test_an_exception_nobody_awaited_becomes_a_line() -> None:
    stream = logs()

    async def fail() -> None:
        fail_with_everything()

    task = asyncio.create_task(fail())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    del task
    assert "never retrieved" in stream.last()["event"]
    assert TOKEN not in stream.getvalue()


def test_a_text_that_goes_elsewhere_can_be_cleaned_too() -> None:
    logs()
    assert redactor()(f"a {KEY} b") == "a [hidden] b"


def test_a_traceback_shows_no_local_variables() -> None:
    stream = logs("console")

    def fail() -> None:
        said_in_private = "".join(["what a ", "person wrote"])
        raise ValueError(len(said_in_private))

    try:
        fail()
    except ValueError:
        structlog.get_logger("x").exception("failed")
    assert "Traceback" in stream.getvalue()
    assert "what a person wrote" not in stream.getvalue()


def test_the_workflow_engine_finds_no_reason_to_log_past_us() -> None:
    from dbos._logger import init_logger

    logs()
    init_logger()
    assert [type(handler) for handler in logging.getLogger("dbos").handlers] == [logging.NullHandler]
