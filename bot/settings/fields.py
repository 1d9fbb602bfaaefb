"""Every setting, with its default."""

import sys
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal
from urllib.parse import unquote, urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from bot.engines.choose import choose
from bot.engines.overrides import Overrides
from bot.gates.money import Budgets
from bot.settings.accounts import AccountKey, parse_account_keys
from bot.settings.values import (
    S3,
    VENDOR,
    AwsName,
    Budget,
    Database,
    Duration,
    EngineName,
    FileThere,
    Folder,
    FolderThere,
    Ids,
    LinkKeys,
    Listen,
    ListenAddress,
    LogLevel,
    Mark,
    ModelName,
    ObjectsUrl,
    Price,
    Resolution,
    ServiceKeys,
    ServiceUrl,
    TasksPath,
    Token,
    Url,
    Zone,
    is_private,
    is_vendor,
)
from storage.bucket import BucketAddress

TELEGRAM = "https://api.telegram.org"


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


def _log_format() -> Literal["console", "json"]:
    return "console" if sys.stderr.isatty() else "json"


BUDGET_SECONDS = {"budget_day": 300, "budget_month": 3000, "person_budget_day": 60, "chat_budget_day": 120}
"""Seconds of the engine's dearest video that each budget pays for, where the operator says nothing."""


class Settings(BaseModel):
    """What the operator chose: checked, immutable, and safe to print.

    Made from values alone, for tests and the demo; `load_settings` reads them from the environment. A field is named
    after its variable, except `database`, which is DATABASE_URL (use `database_url`).
    """

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True, populate_by_name=True, extra="forbid")

    telegram_bot_token: Token | None = None
    telegram_api_url: Url = TELEGRAM
    telegram_local_files: FolderThere = None
    telegram_updates: Literal["polling", "webhook"] = "polling"
    dashscope_api_key: ServiceKeys | None = None
    dashscope_base_url: ServiceUrl = VENDOR
    tasks_path: TasksPath = None
    video_model: ModelName | None = None
    detect_model: ModelName | None = None
    engine: EngineName = Field(default_factory=_usual_engine)
    video_price: Price | None = None
    detect_price: Price | None = None
    video_resolution: Resolution = "480P"
    longest_voice: int = Field(default=60, ge=1, le=300)
    ask_above: Price = Decimal(5)
    max_in_flight: int = Field(default=3, ge=1, le=1000)
    public_url: Url | None = None
    hosting: Literal["links", "upload"] = Field(default_factory=_usual_hosting)
    listen: ListenAddress = Listen("127.0.0.1", 8080)
    data_dir: Folder = Field(default=Path("data"), validate_default=True)
    database: Database = Field(default=None, validation_alias="DATABASE_URL")
    objects_url: ObjectsUrl = None
    objects_cache_mb: int = Field(default=2000, ge=100)
    aws_endpoint_url: Url | None = None
    aws_region: AwsName = "us-east-1"
    aws_access_key_id: AwsName | None = None
    aws_secret_access_key: SecretStr | None = None
    aws_session_token: SecretStr | None = None
    aws_allow_http: bool = False
    aws_virtual_hosted_style_request: bool = False
    link_secrets: LinkKeys = Field(default=(), exclude=True)
    link_ttl: Duration = timedelta(hours=24)
    log_format: Literal["console", "json"] = Field(default_factory=_log_format)
    log_level: LogLevel = "INFO"
    operator_contact: str | None = None
    budget_day: Budget | None = None
    budget_month: Budget | None = None
    person_budget_day: Budget | None = None
    chat_budget_day: Budget | None = None
    timezone: Zone = None
    admins: Ids = ()
    admin_news: bool = False
    access: Literal["open", "ask", "listed"] = "open"
    allowed: Ids = ()
    presenters_dir: FolderThere = None
    keep_days: int = Field(default=7, ge=1, le=3650)
    keep_faces_days: int = Field(default=365, ge=1, le=3650)
    ai_mark: Mark = "start"
    c2pa_certificate: FileThere = None
    c2pa_key: FileThere = None
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
    def accounts(self) -> tuple[AccountKey, ...]:
        """The accounts at the service; none where no key is given."""
        keys = self.dashscope_api_key
        return parse_account_keys(keys.get_secret_value()) if keys is not None else ()

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
    def bucket(self) -> BucketAddress | None:
        """The bucket that holds the files; None: a folder does."""
        if not isinstance(self.objects_url, str):
            return None
        bucket, _, prefix = self.objects_url.removeprefix(S3).partition("/")
        secret, token = self.aws_secret_access_key, self.aws_session_token
        return BucketAddress(
            bucket,
            prefix,
            self.aws_endpoint_url,
            self.aws_region,
            self.aws_access_key_id,
            secret.get_secret_value() if secret else None,
            token.get_secret_value() if token else None,
            self.aws_allow_http,
            self.aws_virtual_hosted_style_request,
        )

    @property
    def objects_dir(self) -> Path:
        """Where files are, or copies of those in the bucket."""
        if isinstance(self.objects_url, Path):
            return self.objects_url
        return self.data_dir / ("objects" if self.objects_url is None else "copies")

    @property
    def link_keys_path(self) -> Path:
        """Where the keys that sign links are kept when LINK_SECRETS is absent."""
        return self.data_dir / "link-secrets"

    def secret_values(self) -> tuple[str, ...]:
        """Return every secret in plain, for whoever must hide them."""
        kept = (
            self.telegram_bot_token,
            self.dashscope_api_key,
            self.aws_secret_access_key,
            self.aws_session_token,
        )
        values = [secret.get_secret_value() for secret in kept if secret is not None]
        password = urlsplit(self.database_url).password
        if password:
            values += [self.database_url, password, unquote(password)]
        values += [account.key for account in self.accounts]
        return (*values, *(key.secret.decode() for key in self.link_secrets))


SETTING_NAMES = frozenset(str(field.validation_alias or name).upper() for name, field in Settings.model_fields.items())
"""The names of all settings as they stand in the environment."""
