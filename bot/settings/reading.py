"""Read the settings from the environment and a `.env` file."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from dotenv import dotenv_values
from pydantic import ValidationError
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, SettingsConfigDict

from bot.settings.fields import Settings
from bot.settings.values import S3, VENDOR, is_private

Command = Literal["run", "make", "demo", "doctor", "report", "backup", "restore", "move"]
ENV_FILE = Path(".env")
_WANTED = {
    "TELEGRAM_BOT_TOKEN": "ask @BotFather in Telegram for one: /newbot, or /token for a bot that you have",
    "DASHSCOPE_API_KEY": "make one in the Model Studio console (Beijing region), or ENGINE=local for the puppet",
    "PUBLIC_URL": "the https address at which the internet reaches this bot, such as https://bot.example.org",
}
_PLAIN = "AWS_ENDPOINT_URL is not https: write true if people's files may travel in the open there"
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


class _Environment(BaseSettings, Settings):
    """The same settings, filled from the environment."""

    model_config = SettingsConfigDict(env_ignore_empty=True, extra="ignore")


def load_settings(command: Command, env_file: Path = ENV_FILE) -> Settings:
    """Read the settings that `command` needs.

    Raises:
        SettingsError: naming every wrong or missing one.
    """
    given = given_settings(env_file)
    problems = [f"{name}: is missing; {_WANTED[name]}" for name in _required(command, given) if name not in given]
    problems += [f"{old}: is now called {new}; write that" for old, new in RENAMED.items() if old in given]
    problems += [f"{name}: is missing; C2PA_CERTIFICATE and C2PA_KEY belong together" for name in _half_pair(given)]
    problems += [f"AWS_ALLOW_HTTP: is missing; {_PLAIN}"] if _is_plain(given) else []
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

UNREADABLE = "has a value that cannot be read; see the table of settings in README.md"


def _words(fault: ErrorDetails) -> str:
    """Say what is wrong with a setting."""
    words = WORDS.get(fault["type"])
    if words:
        return words.format(**fault.get("ctx", {}))
    return fault["msg"].removeprefix("Value error, ") if fault["type"] == "value_error" else UNREADABLE


def _half_pair(given: Mapping[str, str]) -> list[str]:
    missing = [name for name in ("C2PA_CERTIFICATE", "C2PA_KEY") if name not in given]
    return missing if len(missing) == 1 else []


def _is_plain(given: Mapping[str, str]) -> bool:
    """Whether files would go to a bucket in the open, and nobody has said that this is meant."""
    is_used = given.get("OBJECTS_URL", "").startswith(S3)
    return is_used and given.get("AWS_ENDPOINT_URL", "").startswith("http:") and "AWS_ALLOW_HTTP" not in given


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


def given_settings(env_file: Path) -> dict[str, str]:
    """Return what is set and not empty, by its name in capitals; the environment wins over the file."""
    return {
        name.upper(): value
        for source in (dotenv_values(env_file), os.environ)
        for name, value in source.items()
        if value and value.strip()
    }
