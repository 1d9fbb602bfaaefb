"""The doctor finds what is wrong, one thing at a time, and says what to mend."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any
from unittest.mock import AsyncMock

import pytest
from aiohttp import web
from pydantic import SecretStr

from bot.cli import doctor as doctor_module
from bot.cli import doctor_machine
from bot.cli.doctor import doctor, examine
from bot.cli.finding import Finding
from bot.media.facts import Confinement
from bot.settings import Listen, Settings
from storage.database import open_database
from storage.renders import create_render
from storage.tasks import write_intent
from storage.upgrade import migrate

Confine = Callable[..., None]

TOKEN = "123456:" + "AbC-_" * 7
KEY = "sk-of-the-doctors-test-0123"
ME = {"id": 1, "is_bot": True, "username": "emo_bot", "can_read_all_group_messages": True}


@dataclass
class Outside:
    """Telegram, the EMO service and the public address in one server, as well or ill as a test wants it."""

    url: str = ""
    me: dict[str, Any] = field(default_factory=lambda: dict(ME))
    hook: dict[str, Any] = field(default_factory=lambda: {"url": "", "pending_update_count": 0})
    skew: timedelta = timedelta()
    health: web.Response | None = None
    model: web.Response | None = None
    asked: list[str] = field(default_factory=list)

    async def telegram(self, request: web.Request) -> web.Response:
        headers = {"Date": format_datetime(datetime.now(UTC) + self.skew, usegmt=True)}
        if request.match_info["token"] != TOKEN:
            return web.json_response({"ok": False, "error_code": 401}, status=401, headers=headers)
        result = self.me if request.match_info["method"] == "getMe" else self.hook
        return web.json_response({"ok": True, "result": result}, headers=headers)

    async def look(self, request: web.Request) -> web.Response:
        if request.headers["Authorization"] != f"Bearer {KEY}":
            return web.json_response({"code": "InvalidApiKey", "message": "Invalid API-key"}, status=401)
        body = await request.json()
        assert "image_url" not in body["input"]
        self.asked.append(body["model"])
        return self.model or web.json_response(
            {"code": "InvalidParameter", "message": "Field required: input.image_url"}, status=400
        )

    async def answer_health(self, _: web.Request) -> web.Response:
        return self.health or web.json_response({"ok": True})


@pytest.fixture
async def outside() -> AsyncIterator[Outside]:
    world = Outside()
    app = web.Application()
    app.router.add_get("/bot{token}/{method}", world.telegram)
    app.router.add_post("/api/v1/services/aigc/image2video/face-detect", world.look)
    app.router.add_get("/health", world.answer_health)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    world.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield world
    await runner.cleanup()


@pytest.fixture
def settings(outside: Outside, data_dir: Path) -> Settings:
    return Settings(
        telegram_bot_token=SecretStr(TOKEN),
        telegram_api_url=outside.url,
        dashscope_api_key=SecretStr(KEY),
        dashscope_base_url=outside.url,
        public_url=outside.url,
        listen=Listen("127.0.0.1", 0),
        data_dir=data_dir,
    )


@pytest.fixture(autouse=True)
def confinement(monkeypatch: pytest.MonkeyPatch) -> Confine:
    """Set what a child says that confines it: by itself, all of it, whatever this machine's kernel is."""

    def confine(landlock: int = 7, seccomp: bool = True) -> None:
        monkeypatch.setattr(doctor_machine, "run_limited", AsyncMock(return_value=Confinement(landlock, seccomp)))

    confine()
    return confine


async def complaints(settings: Settings, **changes: Any) -> list[str]:
    found = await examine(settings.model_copy(update=changes))
    return [f"{finding.mark} {finding.text}" for finding in found if finding.mark != "✓"]


async def test_a_sound_bot_gets_no_complaint(settings: Settings) -> None:
    found = await examine(settings)
    assert {finding.mark for finding in found} == {"✓"}
    told = "\n".join(finding.text for finding in found)
    for word in ("@emo_bot", "EMO: ", "PUBLIC_URL", "LISTEN", "codecs", "clock", "database", "DATA_DIR", "decoders"):
        assert word in told


async def test_a_kernel_confines_less(settings: Settings, confinement: Confine) -> None:
    confinement(landlock=0)
    (found,) = await complaints(settings)
    assert found.startswith("! decoders: less confined than they could be: the kernel offers no Landlock")
    confinement(seccomp=False)
    (found,) = await complaints(settings)
    assert "system calls are not filtered" in found


async def test_a_wrong_token(settings: Settings) -> None:
    found = await complaints(settings, telegram_bot_token=SecretStr(TOKEN[:-1] + "x"))
    assert len(found) == 1
    assert "✗ Telegram: refuses TELEGRAM_BOT_TOKEN" in found[0]


async def test_a_wrong_key(settings: Settings) -> None:
    (found,) = await complaints(settings, dashscope_api_key=SecretStr("sk-wrong"))
    assert found.startswith("✗ EMO:")
    assert "DASHSCOPE_API_KEY" in found


async def test_each_account_is_asked_and_the_one_that_is_refused_is_named(settings: Settings) -> None:
    (found,) = await complaints(settings, dashscope_api_key=SecretStr(f"main:{KEY},spare:sk-wrong"))
    assert found.startswith("✗ EMO, account spare: The service refuses the API key")


async def test_tasks_that_wait_for_a_key(settings: Settings) -> None:
    database = open_database(settings.database_url)
    await migrate(database)
    place = {"chat_id": 1, "user_id": 5, "thread_id": 0, "voice_message_id": 3, "ratio": "1:1", "style": "normal"}
    render, _ = await create_render(database, "a", portrait_sha="p", voice_sha="v", **place)
    order = {"part": 1, "attempt": 1, "engine": "emo", "model": "emo-v1", "second_price": "0.08"}
    await write_intent(database, render.id, account="spare", **order)
    await database.dispose()
    found = await complaints(settings, dashscope_api_key=SecretStr(f"main:{KEY}"))
    assert found == ["✗ DASHSCOPE_API_KEY: 1 open tasks wait for the key of account spare: add spare:KEY again"]
    assert await complaints(settings, dashscope_api_key=SecretStr(f"spare:{KEY}")) == []


@pytest.mark.parametrize(
    ("status", "code", "message", "advice"),
    [
        (403, "access_denied", "The model has been taken offline.", ["retired", "ENGINE=s2v", "VIDEO_MODEL="]),
        (404, "InvalidParameter", "Model not exist.", ["does not know the model", "DASHSCOPE_BASE_URL="]),
        (503, "model_not_found", "No available channel.", ["does not know the model", "DASHSCOPE_BASE_URL="]),
        (403, "AccessDenied.Unpurchased", "Not activated.", ["activate it"]),
        (429, "insufficient_quota", "Exceeded.", ["quota is used up"]),
        (403, "insufficient_user_quota", "Empty.", ["top it up"]),
        (400, "Arrearage", "Not in good standing.", ["pay what is due"]),
    ],
)
async def test_a_model_that_is_not_there_for_this_account(
    settings: Settings, outside: Outside, status: int, code: str, message: str, advice: list[str]
) -> None:
    outside.model = web.json_response({"code": code, "message": message}, status=status)
    (found,) = await complaints(settings)
    assert found.startswith("✗ EMO:")
    assert message in found
    for word in advice:
        assert word in found


async def test_each_engine_is_asked_for_its_own_model(settings: Settings, outside: Outside) -> None:
    for changes in ({}, {"engine": "s2v"}, {"detect_model": "looker-of-ours"}):
        assert await complaints(settings, **changes) == []
    assert outside.asked == ["emo-detect-v1", "wan2.2-s2v-detect", "looker-of-ours"]


async def test_nobody_there(settings: Settings, free_port: int) -> None:
    nowhere = f"http://127.0.0.1:{free_port}"
    found = await complaints(settings, telegram_api_url=nowhere, dashscope_base_url=nowhere, public_url=nowhere)
    assert [line.split()[:2] for line in found] == [["✗", "Telegram:"], ["✗", "EMO:"], ["!", "PUBLIC_URL"]]
    assert "connection refused" in found[0]


async def test_telegram_behind_a_proxy(settings: Settings, outside: Outside, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", outside.url)
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    found = await examine(settings.model_copy(update={"telegram_api_url": "http://telegram.invalid"}))
    assert Finding("✓", "Telegram: the bot is @emo_bot") in found


async def test_a_proxy_that_speaks_no_http(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("all_proxy", "socks5://somebody:hidden@127.0.0.1:1080")
    (found,) = await complaints(settings)
    assert found.startswith("✗ Telegram: HTTPS_PROXY or ALL_PROXY names no HTTP proxy: write http://HOST:PORT")
    assert "hidden" not in found


async def test_a_clock_that_is_wrong(settings: Settings, outside: Outside) -> None:
    outside.skew = timedelta(minutes=-10)
    (found,) = await complaints(settings)
    assert found.startswith("✗ clock:")


async def test_privacy_mode_and_somebody_elses_webhook_are_worth_knowing(settings: Settings, outside: Outside) -> None:
    outside.me["can_read_all_group_messages"] = False
    outside.hook["url"] = "https://elsewhere.example/hook"
    found = await complaints(settings)
    assert ["privacy mode" in found[0], "webhook is set" in found[1]] == [True, True]
    assert {line[0] for line in found} == {"!"}


async def test_a_webhook_that_fails(settings: Settings, outside: Outside) -> None:
    outside.hook.update(url="https://bot.example/hook", last_error_message="Connection timed out")
    (found,) = await complaints(settings, telegram_updates="webhook")
    assert "✗ Telegram: could not deliver" in found
    assert "timed out" in found


@pytest.mark.parametrize(
    ("status", "content_type", "mark", "said"),
    [
        (502, "text/html", "!", "the bot behind it is not running"),
        (200, "text/html", "✗", "something else answers there"),
        (404, "application/json", "✗", "something else answers there"),
    ],
)
async def test_the_public_address_leads_elsewhere(
    settings: Settings, outside: Outside, status: int, content_type: str, mark: str, said: str
) -> None:
    outside.health = web.Response(status=status, text="hello", content_type=content_type)
    (found,) = await complaints(settings)
    assert found.startswith(f"{mark} PUBLIC_URL")
    assert said in found


async def test_the_port_is_held_by_the_bot_itself(settings: Settings, outside: Outside) -> None:
    port = int(outside.url.rpartition(":")[2])
    found = await examine(settings.model_copy(update={"listen": Listen("127.0.0.1", port)}))
    assert Finding("✓", f"LISTEN 127.0.0.1:{port}: the bot is running there") in found


async def test_the_port_is_held_by_a_stranger(settings: Settings) -> None:
    async def hang_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    async with await asyncio.start_server(hang_up, "127.0.0.1", 0) as stranger:
        port = stranger.sockets[0].getsockname()[1]
        (found,) = await complaints(settings, listen=Listen("127.0.0.1", port))
    assert found.startswith(f"✗ LISTEN 127.0.0.1:{port}: cannot be had")


async def test_the_database_is_of_this_version(settings: Settings) -> None:
    database = open_database(settings.database_url)
    await migrate(database)
    await database.dispose()
    assert any("is up to date" in finding.text for finding in await examine(settings))


async def test_the_database_is_of_a_newer_version(settings: Settings) -> None:
    with sqlite3.connect(settings.data_dir / "emobot.db") as database:
        database.execute("CREATE TABLE alembic_version (version_num VARCHAR(32))")
        database.execute("INSERT INTO alembic_version VALUES ('v9999')")
    database.close()
    (found,) = await complaints(settings)
    assert "✗ database:" in found
    assert "newer version" in found


async def test_the_database_is_no_database(settings: Settings) -> None:
    (settings.data_dir / "emobot.db").write_bytes(b"not a database, " * 64)
    (found,) = await complaints(settings)
    assert "not a database" in found


async def test_the_link_keys_are_damaged(settings: Settings) -> None:
    settings.link_keys_path.write_text("half")
    (found,) = await complaints(settings)
    assert str(settings.link_keys_path) in found


async def test_the_data_dir_cannot_be(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    found = await complaints(settings, data_dir=tmp_path / "file")
    assert "✗ DATA_DIR" in found[0]
    assert "cannot be written" in found[0]


async def test_little_disk(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor_machine, "LITTLE_DISK", 2**60)
    (found,) = await complaints(settings)
    assert found.startswith("✗ DATA_DIR")


async def test_the_puppet_is_never_called_emo(settings: Settings) -> None:
    found = await complaints(settings, engine="local")
    assert found == ["! ENGINE=local: videos come from the puppet on this machine, which is not EMO"]


async def test_the_puppets_packages_are_missing(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.cli.local_engine.PACKAGES", {"no-such-package"})
    found = await complaints(settings, engine="local")
    assert found[-1] == "✗ puppet: no-such-package missing: uv sync --group sandbox"


async def test_a_check_that_breaks_or_hangs_leaves_the_others_alone(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def check_data_dir(*_: object) -> list[Finding]:
        raise KeyError("odd")

    async def check_database(*_: object) -> list[Finding]:
        await asyncio.sleep(60)
        return []

    monkeypatch.setattr(doctor_module, "CHECK_SECONDS", 1.0)
    monkeypatch.setattr(doctor_module, "check_data_dir", check_data_dir)
    monkeypatch.setattr(doctor_module, "check_database", check_database)
    assert await complaints(settings) == [
        "✗ data dir: the check itself broke, and that is a fault of this bot: its log has it",
        "✗ database: no answer in 1 s",
    ]


def test_a_secret_is_never_printed(data_dir: Path, capsys: pytest.CaptureFixture[str], free_port: int) -> None:
    nowhere = f"http://127.0.0.1:{free_port}"
    settings = Settings(
        telegram_bot_token=SecretStr(TOKEN),
        dashscope_api_key=SecretStr(KEY),
        telegram_api_url=nowhere,
        dashscope_base_url=nowhere,
        data_dir=data_dir,
        database=SecretStr(f"postgresql://bot:hidden-word@127.0.0.1:{free_port}/x"),
        listen=Listen("127.0.0.1", 0),
    )
    assert doctor(settings) == 1
    said = "".join(capsys.readouterr())
    assert "✗ database" in said
    for secret in (TOKEN, KEY, "hidden-word"):
        assert secret not in said
