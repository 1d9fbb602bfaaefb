"""How the value of a setting is read and checked: a type for each kind.

A parser hands on what is no text, and raises ValueError with what to write.
"""

import ipaddress
import os
import re
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr
from pydantic_settings import NoDecode

from bot.engines.choose import ENGINES
from bot.settings.accounts import parse_account_keys
from storage.link_keys import LinkKey, parse_link_keys

S3 = "s3://"
VENDOR = "https://dashscope.aliyuncs.com"
_TTL_UNITS = {"d": 86_400, "h": 3_600, "m": 60, "s": 1}


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


def _parse_objects(value: Any) -> Any:
    """Return the address of a bucket as text, and of a folder as a path."""
    if not isinstance(value, str):
        return value
    text = value.strip()
    if re.fullmatch(r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[\w.=-]+)*/?", text, re.ASCII):
        return text.rstrip("/")
    path = text.removeprefix("file://")
    if "://" in path or not path:
        raise ValueError("is neither s3://BUCKET, s3://BUCKET/PREFIX nor a folder; leave it out for one in DATA_DIR")
    return _absolute(Path(path))


def _check_name(value: str) -> str:
    if not re.fullmatch(r"[\x21-\x7e]+", value):
        raise ValueError("holds a blank or a letter that none has; copy it anew")
    return value


def _check_token(value: SecretStr) -> SecretStr:
    if not re.fullmatch(r"\d+:[\w-]{30,}", value.get_secret_value(), re.ASCII):
        raise ValueError("is not a bot token (digits, a colon, 35 letters and signs); copy it anew from @BotFather")
    return value


def _check_keys(value: SecretStr) -> SecretStr:
    parse_account_keys(value.get_secret_value())
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


def is_vendor(base_url: str) -> bool:
    """Whether an address is the vendor's own, and no gateway's."""
    return (urlsplit(base_url).hostname or "").endswith(".aliyuncs.com")


def is_private(url: str) -> bool:
    """Tell whether an address lies on this machine or network, as far as its name shows; nothing is looked up."""
    host = (urlsplit(url).hostname or "").rstrip(".")
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        return "." not in host or host.endswith((".localhost", ".local", ".internal", ".lan", ".home.arpa"))


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


Url = Annotated[str, BeforeValidator(parse_url)]
ServiceUrl = Annotated[str, BeforeValidator(_parse_service_url)]
TasksPath = Annotated[str | None, BeforeValidator(_parse_tasks_path)]
Token = Annotated[SecretStr, BeforeValidator(_strip), AfterValidator(_check_token)]
ServiceKeys = Annotated[SecretStr, BeforeValidator(_strip), AfterValidator(_check_keys)]
Database = Annotated[SecretStr | None, BeforeValidator(_parse_database)]
ObjectsUrl = Annotated[str | Path | None, BeforeValidator(_parse_objects)]
AwsName = Annotated[str, BeforeValidator(_strip), AfterValidator(_check_name)]
LinkKeys = Annotated[tuple[LinkKey, ...], NoDecode, BeforeValidator(_parse_keys)]
ListenAddress = Annotated[Listen, NoDecode, BeforeValidator(parse_listen)]
Duration = Annotated[timedelta, NoDecode, BeforeValidator(parse_ttl)]
Folder = Annotated[Path, AfterValidator(_absolute)]
FolderThere = Annotated[Path | None, AfterValidator(_folder)]
FileThere = Annotated[Path | None, AfterValidator(_file)]
EngineName = Annotated[str, BeforeValidator(_strip), AfterValidator(_known_engine)]
ModelName = Annotated[str, Field(pattern=r"^[\w.:/-]{1,64}$")]
Resolution = Annotated[Literal["480P", "720P"], BeforeValidator(_upper)]
Price = Annotated[Decimal, Field(ge=0, le=1000)]
Budget = Annotated[Decimal, Field(ge=0, le=1_000_000_000)]
Zone = Annotated[ZoneInfo | None, BeforeValidator(_parse_zone)]
Ids = Annotated[tuple[int, ...], NoDecode, BeforeValidator(_parse_ids)]
LogLevel = Annotated[Literal["DEBUG", "INFO", "WARNING", "ERROR"], BeforeValidator(_upper)]
Mark = Annotated[Literal["start", "always", "off"], BeforeValidator(_parse_mark)]
