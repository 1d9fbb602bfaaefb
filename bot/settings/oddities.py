"""What is allowed, but looks like a mistake."""

import difflib
from dataclasses import astuple
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

from bot.engines.choose import choose
from bot.settings.fields import BUDGET_SECONDS, SETTING_NAMES, TELEGRAM, Settings
from bot.settings.reading import ENV_FILE, given_settings
from bot.settings.values import is_private

_OTHERS = {"TELEGRAM_API_ID", "TELEGRAM_API_HASH"}  # of a local Bot API server, often in the same .env


def odd_settings(settings: Settings, env_file: Path = ENV_FILE) -> list[str]:
    """List what is allowed but looks like a mistake, a line each: misspelt names, addresses out of reach."""
    lines = []
    given = given_settings(env_file)
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
