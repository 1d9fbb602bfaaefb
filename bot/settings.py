"""Every setting, read once from the environment and a `.env` file."""

import difflib
import ipaddress
import os
import re
import sys
from collections.abc import Mapping
from dataclasses import astuple, dataclass
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import unquote, urlsplit
from zoneinfo import ZoneInfo

from dotenv import dotenv_values
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, ValidationError
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from bot.engines.choose import ENGINES, choose
from bot.engines.overrides import Overrides
from bot.gates.money import Budgets
from storage.link_keys import LinkKey, parse_link_keys

Command = Literal["run", "make", "demo", "doctor", "report", "backup", "restore"]

ENV_FILE = Path(".env")
TELEGRAM = "https://api.telegram.org"
VENDOR = "https://dashscope.aliyuncs.com"
_OTHERS = {"TELEGRAM_API_ID", "TELEGRAM_API_HASH"}  # of a local Bot API server, often in the same .env
_TTL_UNITS = {"d": 86_400, "h": 3_600, "m": 60, "s": 1}

_WANTED = {
    "TELEGRAM_BOT_TOKEN": "ask @BotFather in Telegram for one: /newbot, or /token for a bot that you have",
    "DASHSCOPE_API_KEY": "make one in the Model Studio console (Beijing region), or ENGINE=local for the puppet",
    "PUBLIC_URL": "the https address at which the internet reaches this bot, such as https://bot.example.org",
}


RENAMED = {
    "EMO_ENGINE": "ENGINE",
    "EMO_BASE_URL": "DASHSCOPE_BASE_URL",
    "EMO_MAX_IN_FLIGHT": "MAX_IN_FLIGHT",
}


class SettingsError(Exception):
    """One or more settings are wrong or missing.

    Args:
        problems: one line for each, beginning with the setting's name, saying what to do; no secret is in them.
        settings: the others, when nothing is wrong but that some are missing.
    """

    def __init__(self, problems: list[str], settings: "Settings | None" = None) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems
        self.settings = settings


@dataclass(frozen=True)
class Listen:
    """The address that the web server binds: a host or IP address, and a port (0: any free one)."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def parse_listen(value: Any) -> Any:
    """Read `host:port` or `[IPv6]:port`; anything but text is handed on as it is."""
    if not isinstance(value, str):
        return value
    match = re.fullmatch(r"(?:\[([0-9A-Fa-f:.]+)\]|([^\s:\[\]/]+)):(\d{1,5})", value.strip())
    if match is None or int(match[3]) > 65_535:
        raise ValueError("is not host:port; write 127.0.0.1:8080, 0.0.0.0:8080 or [::]:8080")
    return Listen(match[1] or match[2], int(match[3]))


def parse_ttl(value: Any) -> Any:
    """Read `24h`, `90m`, `1h30m`, `2d` or plain seconds; anything but text is handed on as it is."""
    if not isinstance(value, str):
        return value
    text = value.strip().lower()
    if text.isdecimal():
        text += "s"
    if not re.fullmatch(r"(\d{1,9}[dhms])+", text):
        raise ValueError("is not a length of time; write 24h, 90m or a number of seconds")
    seconds = sum(int(number) * _TTL_UNITS[unit] for number, unit in re.findall(r"(\d+)([dhms])", text))
    if not 1 <= seconds <= 30 * 86_400:
        raise ValueError("must lie between one second and 30 days")
    return timedelta(seconds=seconds)


def parse_url(value: Any) -> Any:
    """Check an http or https address and take its trailing slash away."""
    if not isinstance(value, str):
        return value
    text = value.strip()
    try:
        parts = urlsplit(text)
        sound = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        sound = False
    if not sound or re.search(r"\s", text):
        raise ValueError("is not an address; write it like https://bot.example.org")
    if parts.query or parts.fragment or parts.username or parts.password:
        raise ValueError("must hold no name, password, ? or #; write it like https://bot.example.org/path")
    return text.rstrip("/")


def _parse_service_url(value: Any) -> Any:
    checked = parse_url(value)
    return re.sub(r"/(api(/v1)?|compatible-mode(/v1)?)$", "", checked) if isinstance(checked, str) else checked


def _parse_tasks_path(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    text = value.strip().replace("{task_id}", "{id}").rstrip("/")
    if not re.fullmatch(r"(/[\w.~-]+)+(/\{id\})?", text, re.ASCII):
        raise ValueError("is not a path from the host's root; write it like /v1/tasks/{id}")
    return text if text.endswith("/{id}") else f"{text}/{{id}}"


def _parse_keys(value: Any) -> Any:
    if isinstance(value, SecretStr):
        value = value.get_secret_value()
    return parse_link_keys(value) if isinstance(value, str) else value


def _parse_database(value: Any) -> Any:
    text = value.get_secret_value() if isinstance(value, SecretStr) else value
    if not isinstance(text, str):
        return value
    text = re.sub(r"^postgres(ql)?(\+psycopg)?://", "postgresql+psycopg://", text.strip())
    text = re.sub(r"^sqlite(\+aiosqlite)?:///", "sqlite+aiosqlite:///", text)
    if not text.startswith(("postgresql+psycopg://", "sqlite+aiosqlite:///")):
        raise ValueError("must begin with postgresql:// or sqlite:///; leave it out for SQLite in DATA_DIR")
    return SecretStr(text)


def _check_token(value: SecretStr) -> SecretStr:
    if not re.fullmatch(r"\d+:[\w-]{30,}", value.get_secret_value(), re.ASCII):
        raise ValueError("is not a bot token (digits, a colon, 35 letters and signs); copy it anew from @BotFather")
    return value


def _check_key(value: SecretStr) -> SecretStr:
    if not re.fullmatch(r"[\x21-\x7e]+", value.get_secret_value()):
        raise ValueError("holds a blank or a letter that no key has; copy it anew from the Model Studio console")
    return value


def _strip(value: Any) -> Any:
    return value.strip() if isinstance(value, str) else value


def _upper(value: Any) -> Any:
    return value.strip().upper() if isinstance(value, str) else value


def _absolute(value: Path) -> Path:
    if "?" in str(value):
        raise ValueError("must hold no question mark")
    return Path(os.path.abspath(value.expanduser()))  # noqa: PTH100 -- resolve() would follow a link that the operator may repoint


def _folder(path: Path | None) -> Path | None:
    if path is None:
        return None
    folder = _absolute(path)
    if not folder.is_dir():
        raise ValueError("is no folder; make it, or leave the setting out")
    return folder


def _file(path: Path | None) -> Path | None:
    if path is None:
        return None
    found = _absolute(path)
    if not found.is_file():
        raise ValueError("is no file; give the path of one, or leave the setting out")
    return found


def _parse_mark(value: Any) -> Any:
    """Read what older versions called true and false, too."""
    text = value.strip().lower() if isinstance(value, str) else value
    return {"true": "always", "1": "always", "false": "off", "0": "off"}.get(text, text)


def _known_engine(value: str) -> str:
    if value == "service":
        raise ValueError("service is now called by its engine: write emo or s2v")
    if value not in ENGINES:
        raise ValueError(f"must be one of {', '.join(ENGINES)}")
    return value


def _usual_engine(given: dict[str, Any]) -> str:
    """EMO lives on at gateways and as deployments of one's own; the vendor itself has S2V."""
    model = given.get("video_model")
    if model is not None:
        return "s2v" if "s2v" in model else "emo"
    return "s2v" if is_vendor(given.get("dashscope_base_url", VENDOR)) else "emo"


def _usual_hosting(given: dict[str, Any]) -> Literal["links", "upload"]:
    """Links need an address that the service reaches; the puppet is on this machine, and so may a stand-in be."""
    local = given.get("engine") == "local" or is_private(given.get("dashscope_base_url", VENDOR))
    return "links" if given.get("public_url") or local else "upload"


def is_vendor(base_url: str) -> bool:
    """Whether an address is the vendor's own, and no gateway's."""
    return (urlsplit(base_url).hostname or "").endswith(".aliyuncs.com")


def _parse_ids(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    parts = [part.strip() for part in value.split(",") if part.strip()]
    wrong = next((part for part in parts if not re.fullmatch(r"-?[0-9]{1,19}", part)), None)
    if wrong is not None:
        raise ValueError(f"{wrong[:20]!r} is no id; write numbers with commas between")
    return tuple(int(part) for part in parts)


def _parse_zone(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return ZoneInfo(value.strip())
    except (ValueError, OSError, KeyError) as error:
        raise ValueError("is no time zone; write one like Asia/Shanghai, Europe/Madrid or UTC") from error


def _log_format() -> Literal["console", "json"]:
    return "console" if sys.stderr.isatty() else "json"


Url = Annotated[str, BeforeValidator(parse_url)]
ModelName = Annotated[str, Field(pattern=r"^[\w.:/-]{1,64}$")]
Price = Annotated[Decimal, Field(ge=0, le=1000)]
Budget = Annotated[Decimal, Field(ge=0, le=1_000_000_000)]
Ids = Annotated[tuple[int, ...], NoDecode, BeforeValidator(_parse_ids)]

BUDGET_SECONDS = {"budget_day": 300, "budget_month": 3000, "person_budget_day": 60, "chat_budget_day": 120}
"""Seconds of the engine's dearest video that each budget pays for, where the operator says nothing."""


class Settings(BaseModel):
    """What the operator chose: checked, immutable, and safe to print.

    Made from values alone, for tests and the demo; `load_settings` reads them from the environment. A field is named
    after its variable, except `database`, which is DATABASE_URL (use `database_url`).
    """

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True, populate_by_name=True, extra="forbid")

    telegram_bot_token: Annotated[SecretStr, BeforeValidator(_strip), AfterValidator(_check_token)] | None = None
    telegram_api_url: Url = TELEGRAM
    telegram_local_files: Annotated[Path | None, AfterValidator(_folder)] = None
    telegram_updates: Literal["polling", "webhook"] = "polling"
    dashscope_api_key: Annotated[SecretStr, BeforeValidator(_strip), AfterValidator(_check_key)] | None = None
    dashscope_base_url: Annotated[str, BeforeValidator(_parse_service_url)] = VENDOR
    tasks_path: Annotated[str | None, BeforeValidator(_parse_tasks_path)] = None
    video_model: ModelName | None = None
    detect_model: ModelName | None = None
    engine: Annotated[str, BeforeValidator(_strip), AfterValidator(_known_engine)] = Field(
        default_factory=_usual_engine
    )
    video_price: Price | None = None
    detect_price: Price | None = None
    video_resolution: Annotated[Literal["480P", "720P"], BeforeValidator(_upper)] = "480P"
    longest_voice: int = Field(default=60, ge=1, le=300)
    ask_above: Price = Decimal(5)
    max_in_flight: int = Field(default=3, ge=1, le=1000)
    public_url: Url | None = None
    hosting: Literal["links", "upload"] = Field(default_factory=_usual_hosting)
    listen: Annotated[Listen, NoDecode, BeforeValidator(parse_listen)] = Listen("127.0.0.1", 8080)
    data_dir: Annotated[Path, AfterValidator(_absolute)] = Field(default=Path("data"), validate_default=True)
    database: Annotated[SecretStr | None, BeforeValidator(_parse_database)] = Field(
        default=None, validation_alias="DATABASE_URL"
    )
    link_secrets: Annotated[tuple[LinkKey, ...], NoDecode, BeforeValidator(_parse_keys)] = Field(
        default=(), exclude=True
    )
    link_ttl: Annotated[timedelta, NoDecode, BeforeValidator(parse_ttl)] = timedelta(hours=24)
    log_format: Literal["console", "json"] = Field(default_factory=_log_format)
    log_level: Annotated[Literal["DEBUG", "INFO", "WARNING", "ERROR"], BeforeValidator(_upper)] = "INFO"
    operator_contact: str | None = None
    budget_day: Budget | None = None
    budget_month: Budget | None = None
    person_budget_day: Budget | None = None
    chat_budget_day: Budget | None = None
    timezone: Annotated[ZoneInfo | None, BeforeValidator(_parse_zone)] = None
    admins: Ids = ()
    admin_news: bool = False
    access: Literal["open", "ask", "listed"] = "open"
    allowed: Ids = ()
    presenters_dir: Annotated[Path | None, AfterValidator(_folder)] = None
    keep_days: int = Field(default=7, ge=1, le=3650)
    ai_mark: Annotated[Literal["start", "always", "off"], BeforeValidator(_parse_mark)] = "start"
    c2pa_certificate: Annotated[Path | None, AfterValidator(_file)] = None
    c2pa_key: Annotated[Path | None, AfterValidator(_file)] = None
    person_waiting: int = Field(default=5, ge=1)
    chat_waiting: int = Field(default=20, ge=1)
    person_daily_mb: int = Field(default=200, ge=1)
    person_daily_files: int = Field(default=100, ge=1)
    chat_daily_mb: int = Field(default=1000, ge=1)
    daily_mb: int = Field(default=5000, ge=1)
    keep_free_mb: int = Field(default=1000, ge=0)

    @property
    def overrides(self) -> Overrides:
        """What is said otherwise of the engine."""
        return Overrides(
            self.video_model, self.detect_model, self.video_price, self.detect_price, self.video_resolution
        )

    @property
    def upload_limit(self) -> int:
        """Bytes of a file that Telegram takes from this bot, a little less for the envelope.

        50 MB, or 2,000 MB by a Bot API server in local mode.
        """
        return (1_999 if self.telegram_local_files else 49) * 1024 * 1024

    @property
    def budgets(self) -> Budgets:
        """What may be spent: as the operator says, else what so many seconds of the engine's dearest video cost."""
        second = choose(self.engine, self.overrides)[0].dearest_second
        usual = {name: second * seconds for name, seconds in BUDGET_SECONDS.items()}
        day, month, person, chat = (
            usual[name] if getattr(self, name) is None else getattr(self, name) for name in BUDGET_SECONDS
        )
        return Budgets(day, month, person, chat)

    @property
    def database_url(self) -> str:
        """SQLAlchemy's URL of the app's database; it may hold a password, so it is never logged."""
        if self.database is not None:
            return self.database.get_secret_value()
        return f"sqlite+aiosqlite:///{self.data_dir / 'emobot.db'}"

    @property
    def link_keys_path(self) -> Path:
        """Where the keys that sign links are kept when LINK_SECRETS is absent."""
        return self.data_dir / "link-secrets"

    def secret_values(self) -> tuple[str, ...]:
        """Return every secret in plain, for whoever must hide them."""
        kept = (self.telegram_bot_token, self.dashscope_api_key)
        values = [secret.get_secret_value() for secret in kept if secret is not None]
        password = urlsplit(self.database_url).password
        if password:
            values += [self.database_url, password, unquote(password)]
        return (*values, *(key.secret.decode() for key in self.link_secrets))


class _Environment(BaseSettings, Settings):
    """The same settings, filled from the environment."""

    model_config = SettingsConfigDict(env_ignore_empty=True, extra="ignore")


def load_settings(command: Command, env_file: Path = ENV_FILE) -> Settings:
    """Read the settings that `command` needs.

    Raises:
        SettingsError: naming every wrong or missing one.
    """
    given = _given(env_file)
    problems = [f"{name}: is missing; {_WANTED[name]}" for name in _required(command, given) if name not in given]
    problems += [f"{old}: is now called {new}; write that" for old, new in RENAMED.items() if old in given]
    problems += [f"{name}: is missing; C2PA_CERTIFICATE and C2PA_KEY belong together" for name in _half_pair(given)]
    settings: Settings | None = None
    try:
        settings = _Environment(_env_file=env_file)  # type: ignore[call-arg]
    except ValidationError as error:
        faults = error.errors(include_input=False, include_url=False)
        for fault in (each for each in faults if each["type"] != "default_factory_not_called"):
            name = str(fault["loc"][0]).upper() if fault["loc"] else "settings"
            problems.append(f"{name}: {_words(fault)}")
    if settings is None or problems:
        raise SettingsError(problems, settings) from None
    return settings


WORDS = {
    **dict.fromkeys(("int_parsing", "int_from_float", "int_parsing_size", "int_type"), "must be a whole number"),
    **dict.fromkeys(("decimal_parsing", "decimal_type", "finite_number"), "must be a number"),
    **dict.fromkeys(("bool_parsing", "bool_type"), "must be true or false"),
    "string_pattern_mismatch": "must be a name of 64 letters, digits and signs (_ . : / -) at most",
    "greater_than_equal": "must be {ge} or more",
    "less_than_equal": "must be {le} or less",
    "literal_error": "must be {expected}",
}
"""What is wrong with a value, by the library's code: its own sentences are for programmers."""


def _words(fault: ErrorDetails) -> str:
    """Say what is wrong with a setting."""
    words = WORDS.get(fault["type"])
    return words.format(**fault.get("ctx", {})) if words else fault["msg"].removeprefix("Value error, ")


def odd_settings(settings: Settings, env_file: Path = ENV_FILE) -> list[str]:
    """List what is allowed but looks like a mistake, a line each: misspelt names, addresses out of reach."""
    lines = []
    given = _given(env_file)
    for name in sorted(set(given) - SETTING_NAMES - _OTHERS):
        near = difflib.get_close_matches(name, SETTING_NAMES, n=1, cutoff=0.85)
        if near:
            lines.append(f"{name} is no setting of this bot; did you mean {near[0]}?")
    remote = settings.engine != "local" and not is_private(settings.dashscope_base_url)
    url = settings.public_url
    if url and remote and is_private(url):
        lines.append(f"PUBLIC_URL {url} is an address that only this network knows: the service cannot fetch from it")
    elif url and remote and url.startswith("http:"):
        lines.append(f"PUBLIC_URL {url} is not https: photos and voices would travel in the open")
    webhook = settings.telegram_updates == "webhook" and settings.telegram_api_url == TELEGRAM
    if webhook and url and not url.startswith("https:"):
        lines.append("TELEGRAM_UPDATES=webhook needs a PUBLIC_URL that begins with https: Telegram accepts no other")
    lines += _tight_budgets(settings)
    if remote and settings.link_ttl < timedelta(hours=1):
        lines.append("LINK_TTL is under an hour: a task that waits longer at the service finds its files gone")
    return lines


def _tight_budgets(settings: Settings) -> list[str]:
    """Return a line for each budget that one video of the longest voice would exceed."""
    engine = choose(settings.engine, settings.overrides)[0]
    cost = engine.dearest_second * Decimal(str(settings.longest_voice))
    budgets = zip(BUDGET_SECONDS, astuple(settings.budgets), strict=True)
    return [
        f"{name.upper()} {amount} is less than one video of the longest voice costs: {cost} CNY"
        for name, amount in budgets
        if 0 < amount < cost
    ]


def is_private(url: str) -> bool:
    """Tell whether an address lies on this machine or network, as far as its name shows; nothing is looked up."""
    host = (urlsplit(url).hostname or "").rstrip(".")
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        return "." not in host or host.endswith((".localhost", ".local", ".internal", ".lan", ".home.arpa"))


def _half_pair(given: Mapping[str, str]) -> list[str]:
    missing = [name for name in ("C2PA_CERTIFICATE", "C2PA_KEY") if name not in given]
    return missing if len(missing) == 1 else []


def _required(command: Command, given: Mapping[str, str]) -> list[str]:
    remote = given.get("ENGINE") != "local"
    if command in ("run", "doctor"):
        webhook = given.get("TELEGRAM_UPDATES") == "webhook"
        return [
            "TELEGRAM_BOT_TOKEN",
            *(["DASHSCOPE_API_KEY"] if remote else []),
            *(["PUBLIC_URL"] if webhook or (remote and given.get("HOSTING") == "links") else []),
        ]
    if command == "make" and remote and "DASHSCOPE_API_KEY" in given:
        by_links = given.get("HOSTING") == "links" and not is_private(given.get("DASHSCOPE_BASE_URL", VENDOR))
        return ["PUBLIC_URL"] if by_links else []
    return []


def _given(env_file: Path) -> dict[str, str]:
    """Return what is set and not empty, by its name in capitals; the environment wins over the file."""
    return {
        name.upper(): value
        for source in (dotenv_values(env_file), os.environ)
        for name, value in source.items()
        if value and value.strip()
    }


SETTING_NAMES = frozenset(str(field.validation_alias or name).upper() for name, field in Settings.model_fields.items())
"""The names of all settings as they stand in the environment."""
