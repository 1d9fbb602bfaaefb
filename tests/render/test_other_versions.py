"""A render that a machine of another version has begun is left to that version while one of it lives."""

from types import SimpleNamespace
from typing import Any, cast

import pytest
from dbos import DBOS

from bot.render.workflow import VERSION, Workflows

BEGUN_BY = {"ours": VERSION, "newer": "next", "older": "0"}
"""By the ids of renders; of one there is no record."""


async def taken_up(monkeypatch: pytest.MonkeyPatch, *versions: str) -> list[str]:
    async def list_workflows(**_: object) -> list[Any]:
        return [SimpleNamespace(workflow_id=name, app_version=version) for name, version in BEGUN_BY.items()]

    monkeypatch.setattr(DBOS, "list_workflows_async", list_workflows)
    company = SimpleNamespace(versions=frozenset(versions))
    machine = cast(Workflows, SimpleNamespace(_machine=SimpleNamespace(company=company)))
    left = [cast(Any, SimpleNamespace(id=name)) for name in (*BEGUN_BY, "unknown")]
    return [render.id for render in await Workflows._without_others(machine, left)]


async def test_while_a_machine_of_its_version_lives_it_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    assert await taken_up(monkeypatch, VERSION, "next") == ["ours", "older", "unknown"]


async def test_when_none_of_its_version_lives_anybody_takes_it_up(monkeypatch: pytest.MonkeyPatch) -> None:
    assert await taken_up(monkeypatch, VERSION) == ["ours", "newer", "older", "unknown"]
