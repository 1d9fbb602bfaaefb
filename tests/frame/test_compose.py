"""The compose files are sound as far as can be told without Docker."""

from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]

from bot.settings import SETTING_NAMES

ROOT = Path(__file__).parents[2]


def read(name: str) -> dict[str, Any]:
    found = yaml.safe_load((ROOT / name).read_text(encoding="utf-8"))
    assert isinstance(found, dict)
    return found


@pytest.mark.parametrize("name", ["compose.yaml", "compose.many.yaml"])
def test_a_compose_file_names_only_what_there_is(name: str) -> None:
    whole = read(name)
    services, volumes = whole["services"], set(whole["volumes"])
    for service in services.values():
        assert set(service.get("depends_on", ())) <= services.keys()
        assert set(service.get("networks", ())) <= whole.get("networks", {}).keys()
        for volume in service.get("volumes", ()):
            source = volume.split(":")[0]
            assert source in volumes or (ROOT / source).is_file(), volume
        if service["image"] == "emobot":
            assert service["environment"].keys() <= SETTING_NAMES


def test_many_bots_are_alike_and_the_proxy_knows_each() -> None:
    services = read("compose.many.yaml")["services"]
    bots = {name: service for name, service in services.items() if service["image"] == "emobot"}
    assert len(bots) == 3
    assert all(bot == services["bot1"] for bot in bots.values())
    assert services["proxy"]["environment"]["BOTS"].split() == [f"{name}:8080" for name in bots]
    assert "{$BOTS:bot:8080}" in (ROOT / "deploy/Caddyfile").read_text(encoding="utf-8")
