"""Every setting, read once from the environment and a `.env` file."""

from bot.settings.accounts import THE_ONE, AccountKey
from bot.settings.fields import SETTING_NAMES, Settings
from bot.settings.oddities import odd_settings
from bot.settings.reading import ENV_FILE, Command, SettingsError, load_settings
from bot.settings.values import Listen

__all__ = [
    "ENV_FILE",
    "SETTING_NAMES",
    "THE_ONE",
    "AccountKey",
    "Command",
    "Listen",
    "Settings",
    "SettingsError",
    "load_settings",
    "odd_settings",
]
