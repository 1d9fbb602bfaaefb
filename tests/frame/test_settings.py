"""Settings as an operator gives them, right and wrong."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from bot.settings import Command, Listen, Settings, SettingsError, load_settings, odd_settings

TOKEN = "123456:" + "AbC-_" * 7
KEY = "sk-0123456789abcdef0123456789abcdef"
GOOD = {"TELEGRAM_BOT_TOKEN": TOKEN, "DASHSCOPE_API_KEY": KEY, "PUBLIC_URL": "https://bot.example.org/"}


@pytest.fixture
def env_file(tmp_path: Path) -> Path:
    return tmp_path / ".env"


def give(monkeypatch: pytest.MonkeyPatch, **values: str) -> None:
    for name, value in values.items():
        monkeypatch.setenv(name, value)


def problems(command: Command, env_file: Path) -> dict[str, str]:
    with pytest.raises(SettingsError) as caught:
        load_settings(command, env_file)
    return {line.split(":")[0]: line for line in caught.value.problems}


def test_the_defaults_are_those_of_the_contract(monkeypatch: pytest.MonkeyPatch, env_file: Path) -> None:
    give(monkeypatch, **GOOD)
    settings = load_settings("run", env_file)
    assert settings.telegram_api_url == "https://api.telegram.org"
    assert settings.dashscope_base_url == "https://dashscope.aliyuncs.com"
    assert settings.public_url == "https://bot.example.org"
    assert settings.max_in_flight == 3
    assert settings.listen == Listen("127.0.0.1", 8080)
    assert settings.data_dir == Path.cwd() / "data"
    assert settings.database_url == f"sqlite+aiosqlite:///{Path.cwd()}/data/emobot.db"
    assert settings.link_ttl == timedelta(hours=24)
    assert settings.link_secrets == ()
    assert (settings.engine, settings.telegram_updates) == ("s2v", "polling")


@pytest.mark.parametrize(
    ("given", "engine"),
    [
        ({}, "s2v"),
        ({"DASHSCOPE_BASE_URL": "https://abc.cn-beijing.maas.aliyuncs.com/api/v1"}, "s2v"),
        ({"DASHSCOPE_BASE_URL": "https://gateway.example/qwen"}, "emo"),
        ({"VIDEO_MODEL": "emo-v1-of-ours"}, "emo"),
        ({"VIDEO_MODEL": "wan2.2-s2v-of-ours"}, "s2v"),
        ({"DASHSCOPE_BASE_URL": "https://gateway.example/qwen", "ENGINE": "s2v"}, "s2v"),
    ],
)
def test_the_engine_follows_from_where_it_is_alive(
    given: dict[str, str], engine: str, monkeypatch: pytest.MonkeyPatch, env_file: Path
) -> None:
    give(monkeypatch, **GOOD, **given)
    assert load_settings("run", env_file).engine == engine


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"EMO_ENGINE": "local"}, "EMO_ENGINE: is now called ENGINE; write that"),
        ({"EMO_BASE_URL": "https://x.example"}, "EMO_BASE_URL: is now called DASHSCOPE_BASE_URL; write that"),
        ({"EMO_MAX_IN_FLIGHT": "4"}, "EMO_MAX_IN_FLIGHT: is now called MAX_IN_FLIGHT; write that"),
        ({"ENGINE": "service"}, "ENGINE: service is now called by its engine: write emo or s2v"),
        ({"ENGINE": "sora"}, "ENGINE: must be one of emo, s2v, local"),
    ],
)
def test_an_old_name_or_value_ends_the_start_with_the_new_one(
    given: dict[str, str], said: str, monkeypatch: pytest.MonkeyPatch, env_file: Path
) -> None:
    give(monkeypatch, **GOOD, **given)
    with pytest.raises(SettingsError) as wrong:
        load_settings("run", env_file)
    assert wrong.value.problems == [said]


def test_a_file_is_read_and_the_environment_wins(monkeypatch: pytest.MonkeyPatch, env_file: Path) -> None:
    env_file.write_text(f"TELEGRAM_BOT_TOKEN={TOKEN}\nDASHSCOPE_API_KEY={KEY}\nPUBLIC_URL=https://a.example\nOTHER=1\n")
    give(monkeypatch, PUBLIC_URL="https://b.example", LISTEN="")
    settings = load_settings("run", env_file)
    assert settings.public_url == "https://b.example"
    assert settings.listen.port == 8080, "an empty variable is an absent one"
    assert settings.telegram_bot_token == SecretStr(TOKEN)


def test_everything_wrong_and_missing_is_named_at_once(monkeypatch: pytest.MonkeyPatch, env_file: Path) -> None:
    give(
        monkeypatch,
        TELEGRAM_BOT_TOKEN="so-secret-a-token",
        LINK_SECRETS="a:tooshort-secret",
        DATABASE_URL="mysql://root:so-secret-a-word@db/x",
        LISTEN="8080",
        LINK_TTL="soon",
        MAX_IN_FLIGHT="0",
        TELEGRAM_UPDATES="pigeon",
        DASHSCOPE_BASE_URL="ftp://x",
    )
    found = problems("run", env_file)
    assert set(found) == {
        "TELEGRAM_BOT_TOKEN",
        "LINK_SECRETS",
        "DATABASE_URL",
        "LISTEN",
        "LINK_TTL",
        "MAX_IN_FLIGHT",
        "TELEGRAM_UPDATES",
        "DASHSCOPE_BASE_URL",
        "DASHSCOPE_API_KEY",
    }
    assert "is missing" in found["DASHSCOPE_API_KEY"]
    assert "BotFather" in found["TELEGRAM_BOT_TOKEN"]
    assert "secret-a" not in str(found)
    assert "tooshort" not in str(found)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("PERSON_WAITING", "many", "must be a whole number"),
        ("MAX_IN_FLIGHT", "1.5", "must be a whole number"),
        ("KEEP_DAYS", "0", "must be 1 or more"),
        ("KEEP_DAYS", "9" * 5000, "must be a whole number"),
        ("KEEP_DAYS", "9999", "must be 3650 or less"),
        ("VIDEO_PRICE", "free", "must be a number"),
        ("VIDEO_PRICE", "nan", "must be a number"),
        ("VIDEO_MODEL", "a b", "must be a name of 64 letters, digits and signs (_ . : / -) at most"),
        ("TELEGRAM_UPDATES", "pigeon", "must be 'polling' or 'webhook'"),
    ],
)
def test_what_is_wrong_is_said_in_plain_words(
    name: str, value: str, said: str, monkeypatch: pytest.MonkeyPatch, env_file: Path
) -> None:
    give(monkeypatch, **{name: value})
    assert problems("doctor", env_file)[name] == f"{name}: {said}"


@pytest.mark.parametrize(
    ("command", "given", "missing"),
    [
        ("run", {}, {"TELEGRAM_BOT_TOKEN", "DASHSCOPE_API_KEY"}),
        ("doctor", {}, {"TELEGRAM_BOT_TOKEN", "DASHSCOPE_API_KEY"}),
        ("run", {"HOSTING": "links"}, {"TELEGRAM_BOT_TOKEN", "DASHSCOPE_API_KEY", "PUBLIC_URL"}),
        ("run", {"ENGINE": "local"}, {"TELEGRAM_BOT_TOKEN"}),
        ("run", {"ENGINE": "local", "TELEGRAM_UPDATES": "webhook"}, {"TELEGRAM_BOT_TOKEN", "PUBLIC_URL"}),
        ("make", {"DASHSCOPE_API_KEY": KEY, "HOSTING": "links"}, {"PUBLIC_URL"}),
    ],
)
def test_a_command_asks_for_what_it_needs(
    monkeypatch: pytest.MonkeyPatch, env_file: Path, command: Command, given: Any, missing: Any
) -> None:
    give(monkeypatch, **given)
    assert set(problems(command, env_file)) == missing


@pytest.mark.parametrize(
    ("command", "given"),
    [
        ("demo", {}),
        ("make", {}),
        ("make", {"DASHSCOPE_API_KEY": KEY}),
        ("make", {"DASHSCOPE_API_KEY": KEY, "DASHSCOPE_BASE_URL": "http://127.0.0.1:9/qwen"}),
        ("run", {"ENGINE": "local", "TELEGRAM_BOT_TOKEN": TOKEN}),
    ],
)
def test_a_command_asks_for_nothing_else(
    monkeypatch: pytest.MonkeyPatch, env_file: Path, command: Command, given: Any
) -> None:
    give(monkeypatch, **given)
    load_settings(command, env_file)


@pytest.mark.parametrize(
    ("text", "listen", "shown"),
    [
        ("0.0.0.0:80", Listen("0.0.0.0", 80), "0.0.0.0:80"),
        ("[::1]:8080", Listen("::1", 8080), "[::1]:8080"),
        ("localhost:0", Listen("localhost", 0), "localhost:0"),
    ],
)
def test_listen(monkeypatch: pytest.MonkeyPatch, env_file: Path, text: Any, listen: Any, shown: Any) -> None:
    give(monkeypatch, LISTEN=text)
    assert load_settings("demo", env_file).listen == listen
    assert str(listen) == shown


@pytest.mark.parametrize("text", ["8080", ":8080", "::1:8080", "a:b", "host:70000", "http://h:80", "[host]:1"])
def test_listen_refused(monkeypatch: pytest.MonkeyPatch, env_file: Path, text: Any) -> None:
    give(monkeypatch, LISTEN=text)
    assert set(problems("demo", env_file)) == {"LISTEN"}


@pytest.mark.parametrize(
    ("text", "seconds"), [("24h", 86_400), ("90m", 5_400), ("3600", 3_600), ("1h30m", 5_400), ("2D", 172_800)]
)
def test_link_ttl(monkeypatch: pytest.MonkeyPatch, env_file: Path, text: Any, seconds: Any) -> None:
    give(monkeypatch, LINK_TTL=text)
    assert load_settings("demo", env_file).link_ttl == timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ["0", "-1", "1w", "h", "1.5h", "31d", "24 hours"])
def test_link_ttl_refused(monkeypatch: pytest.MonkeyPatch, env_file: Path, text: Any) -> None:
    give(monkeypatch, LINK_TTL=text)
    assert set(problems("demo", env_file)) == {"LINK_TTL"}


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("postgresql://u:p@h/db", "postgresql+psycopg://u:p@h/db"),
        ("postgres://u@h/db", "postgresql+psycopg://u@h/db"),
        ("postgresql+psycopg://h/db", "postgresql+psycopg://h/db"),
        ("sqlite:////var/x.db", "sqlite+aiosqlite:////var/x.db"),
    ],
)
def test_database_url(monkeypatch: pytest.MonkeyPatch, env_file: Path, text: Any, url: Any) -> None:
    give(monkeypatch, DATABASE_URL=text)
    assert load_settings("demo", env_file).database_url == url


@pytest.mark.parametrize(
    "url", ["https://h/qwen", "https://h/qwen/", "https://h/qwen/api/v1", "https://h/qwen/api/v1/"]
)
def test_the_services_address_may_come_with_its_api_path(
    monkeypatch: pytest.MonkeyPatch, env_file: Path, url: Any
) -> None:
    give(monkeypatch, DASHSCOPE_BASE_URL=url)
    assert load_settings("demo", env_file).dashscope_base_url == "https://h/qwen"


@pytest.mark.parametrize(
    "url", ["bot.example.org", "https://", "https://u:p@h", "https://h/?x=1", "https://h:99999", "a b"]
)
def test_an_address_refused(monkeypatch: pytest.MonkeyPatch, env_file: Path, url: Any) -> None:
    give(monkeypatch, PUBLIC_URL=url)
    assert set(problems("demo", env_file)) == {"PUBLIC_URL"}


def test_no_secret_is_in_a_repr_or_an_error(monkeypatch: pytest.MonkeyPatch, env_file: Path) -> None:
    word = "s3cret-word-of-the-database"
    link = "x" * 40
    give(monkeypatch, **GOOD, DATABASE_URL=f"postgresql://u:{word}@h/d", LINK_SECRETS=f"k1:{link}")
    settings = load_settings("run", env_file)
    shown = repr(settings) + str(settings) + repr(settings.link_secrets) + settings.model_dump_json()
    for secret in (TOKEN, KEY, word, link):
        assert secret in settings.secret_values()
        assert secret not in shown


@pytest.mark.parametrize(
    ("text", "bucket", "folder"),
    [
        (None, "None", "data/objects"),
        ("s3://faces", "s3://faces", "data/copies"),
        ("s3://faces/of/bots/", "s3://faces/of/bots", "data/copies"),
        ("file:///var/faces", "None", "/var/faces"),
        ("/var/faces/", "None", "/var/faces"),
        ("./faces", "None", "faces"),
    ],
)
def test_files_are_in_a_bucket_or_a_folder(
    text: str | None, bucket: str, folder: str, monkeypatch: pytest.MonkeyPatch, env_file: Path
) -> None:
    give(monkeypatch, **({"OBJECTS_URL": text} if text else {}))
    settings = load_settings("demo", env_file)
    assert str(settings.bucket) == bucket
    assert settings.objects_dir == Path.cwd() / folder


@pytest.mark.parametrize("text", ["s3://", "s3://A_B", "gs://faces", "s3://faces?region=x", "https://s3.example/faces"])
def test_another_place_for_files_is_refused(text: str, monkeypatch: pytest.MonkeyPatch, env_file: Path) -> None:
    give(monkeypatch, OBJECTS_URL=text)
    assert set(problems("demo", env_file)) == {"OBJECTS_URL"}


def test_the_keys_of_a_bucket_are_the_usual_ones_and_are_not_shown(
    monkeypatch: pytest.MonkeyPatch, env_file: Path
) -> None:
    keys = {"AWS_ACCESS_KEY_ID": "known", "AWS_SECRET_ACCESS_KEY": "s3cret-of-it", "AWS_SESSION_TOKEN": "s3cret-too"}
    place = {"OBJECTS_URL": "s3://faces", "AWS_ENDPOINT_URL": "http://127.0.0.1:9/", "AWS_REGION": "cn-beijing"}
    give(monkeypatch, **keys, **place)
    assert problems("demo", env_file)["AWS_ALLOW_HTTP"].startswith("AWS_ALLOW_HTTP: is missing; AWS_ENDPOINT_URL is")
    give(monkeypatch, AWS_ALLOW_HTTP="true")
    settings = load_settings("demo", env_file)
    bucket = settings.bucket
    assert bucket is not None
    assert (bucket.endpoint, bucket.region, bucket.key_id) == ("http://127.0.0.1:9", "cn-beijing", "known")
    assert (bucket.secret, bucket.token, bucket.allow_http) == ("s3cret-of-it", "s3cret-too", True)
    assert "s3cret" not in repr(bucket) + repr(settings) + settings.model_dump_json()
    assert {"s3cret-of-it", "s3cret-too"} <= set(settings.secret_values())


def test_settings_do_not_change(env_file: Path) -> None:
    with pytest.raises(ValueError, match="frozen"):
        Settings().max_in_flight = 5


def test_settings_from_values_alone_ignore_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    give(monkeypatch, LISTEN="nonsense", MAX_IN_FLIGHT="7")
    assert Settings(listen=Listen("127.0.0.1", 0)).max_in_flight == 3


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"TELEGRAM_TOKEN": "x"}, "TELEGRAM_TOKEN is no setting of this bot; did you mean TELEGRAM_BOT_TOKEN?"),
        ({"PUBLIC_ULR": "x"}, "did you mean PUBLIC_URL?"),
        ({"PUBLIC_URL": "http://bot.example.org"}, "not https"),
        ({"PUBLIC_URL": "http://192.168.1.7:8080"}, "only this network knows"),
        ({"PUBLIC_URL": "https://localhost"}, "only this network knows"),
        ({"PUBLIC_URL": "https://nas.local"}, "only this network knows"),
        ({"PUBLIC_URL": "http://bot.example.org", "TELEGRAM_UPDATES": "webhook"}, "Telegram accepts no other"),
        ({"LINK_TTL": "5m"}, "LINK_TTL is under an hour"),
    ],
)
def test_what_looks_like_a_mistake_is_said(
    monkeypatch: pytest.MonkeyPatch, env_file: Path, given: Any, said: Any
) -> None:
    give(monkeypatch, **given)
    assert any(said in line for line in odd_settings(load_settings("demo", env_file), env_file))


@pytest.mark.parametrize(
    "given",
    [
        GOOD,
        {"TELEGRAM_API_ID": "1", "TELEGRAM_API_HASH": "x"},
        {"PUBLIC_URL": "http://127.0.0.1:1", "DASHSCOPE_BASE_URL": "http://127.0.0.1:2"},
        {"PUBLIC_URL": "http://127.0.0.1:1", "ENGINE": "local"},
    ],
)
def test_what_is_fine_is_not_remarked(monkeypatch: pytest.MonkeyPatch, env_file: Path, given: Any) -> None:
    give(monkeypatch, **given)
    assert odd_settings(load_settings("demo", env_file), env_file) == []


def test_a_wrong_value_given_in_code_is_not_echoed() -> None:
    with pytest.raises(ValueError, match="telegram_bot_token") as caught:
        Settings(telegram_bot_token=SecretStr("so-secret-a-token"), listen="so-secret-a-place")  # type: ignore[arg-type]
    assert "so-secret" not in str(caught.value)


@pytest.mark.parametrize("path", ["/v1/tasks/{id}", "/v1/tasks", " /v1/tasks/ ", "/v1/tasks/{task_id}"])
def test_where_tasks_are_polled_may_be_written_in_several_ways(path: str) -> None:
    assert Settings(tasks_path=path).tasks_path == "/v1/tasks/{id}"


@pytest.mark.parametrize("path", ["v1/tasks", "https://h/v1/tasks", "/v1/{id}/x", "/v1/../x?y", "/{key}"])
def test_where_tasks_are_polled_must_be_a_path(path: str) -> None:
    with pytest.raises(ValueError, match="from the host's root"):
        Settings(tasks_path=path)


def test_one_plain_key_is_the_account_that_it_was() -> None:
    (account,) = Settings(dashscope_api_key=SecretStr(f" {KEY} ")).accounts
    assert (account.name, account.key) == ("default", KEY)


def test_several_keys_are_accounts_by_their_names_and_all_are_secret() -> None:
    settings = Settings(dashscope_api_key=SecretStr(f"main:{KEY}, spare_2 : sk-spare:with-colon"))
    assert [(account.name, account.key) for account in settings.accounts] == [
        ("main", KEY),
        ("spare_2", "sk-spare:with-colon"),
    ]
    assert {KEY, "sk-spare:with-colon"} <= set(settings.secret_values())
    assert KEY not in f"{settings!r} {settings.accounts!r}"


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("sk-secret-one,sk-secret-two", "entry 1 is not name:key; several keys are written name:key,name:key"),
        ("a:sk-secret-one,", "entry 2 is not name:key"),
        ("a:sk-secret-one,b", "entry 2 is not name:key"),
        (":sk-secret-one", "entry 1 is not name:key"),
        ("my account:sk-secret-one", "a name is 1 to 32 of A-Z a-z 0-9 _ -"),
        ("a:sk-secret-one,a:sk-secret-two", "entries 1 and 2 have the same name; give each account its own"),
        ("a:sk-secret-one,b:x,c:sk-secret-one", "entries 1 and 3 have the same key"),
        ("a:sk-secret-one,b:", "the key of entry 2 is empty; copy it anew"),
        ("a:sk-secret-one,b:sk secret", "the key of entry 2 holds a blank or a letter that no key has"),
        ("sk-secret\u00e4", "it holds a blank or a letter that no key has; copy it anew from the Model Studio console"),
    ],
)
def test_what_is_wrong_with_several_keys_is_said_without_them(
    value: str, said: str, monkeypatch: pytest.MonkeyPatch, env_file: Path
) -> None:
    give(monkeypatch, **GOOD | {"DASHSCOPE_API_KEY": value})
    line = problems("run", env_file)["DASHSCOPE_API_KEY"]
    assert said in line
    assert "secret" not in line
