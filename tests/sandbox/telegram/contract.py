"""Whether answers and updates are what the Bot API says.

Judged by the parsers of python-telegram-bot and aiogram, and by a machine-readable Bot API where there is one.
"""

import json
import os
from functools import cache
from pathlib import Path
from typing import Any

import aiogram.types
import telegram
from pydantic import BaseModel, TypeAdapter, ValidationError

from bot.sandbox.telegram.table import load_table

NEWER = ("can_send_welcome_messages",)
"""Fields of a Bot API after 10.1 that aiogram cannot do without; the other judges may not know them."""

SCALARS: dict[str, tuple[type, ...]] = {"Integer": (int,), "Float": (int, float), "String": (str,), "Boolean": (bool,)}


@cache
def load_spec() -> dict[str, Any] | None:
    """The machine-readable Bot API that BOT_API_SPEC names; None without."""
    path = os.environ.get("BOT_API_SPEC")
    return json.loads(Path(path).read_text("utf-8")) if path else None


def parse(data: Any, kind: str) -> Any:
    """The API's type, parsed as python-telegram-bot does."""
    if kind.startswith("Array of "):
        return [parse(item, kind[9:]) for item in data]
    if kind in SCALARS:
        return data
    return getattr(telegram, kind).de_json(data, None)


def leftovers(value: Any, where: str) -> list[str]:
    """Fields that the parser did not know, anywhere inside."""
    if isinstance(value, list | tuple):
        return [found for place, item in enumerate(value) for found in leftovers(item, f"{where}[{place}]")]
    if not isinstance(value, telegram.TelegramObject):
        return []
    found = [f"{where}.{name}" for name in value.api_kwargs if name not in NEWER]
    names = {name for kind in type(value).__mro__ for name in getattr(kind, "__slots__", ())}
    for name in names - {"api_kwargs", "_bot", "_id_attrs", "_frozen"}:
        found += leftovers(getattr(value, name, None), f"{where}.{name}")
    return found


@cache
def adapter(kind: str) -> TypeAdapter[Any]:
    """Aiogram's reader of the API's type."""
    if kind.startswith("Array of "):
        return TypeAdapter(list[adapter(kind[9:])._type])  # type: ignore[misc]
    unions = {"ChatMember": "ResultChatMemberUnion", "MenuButton": "ResultMenuButtonUnion"}
    return TypeAdapter(getattr(aiogram.types, unions.get(kind, kind)))


def surplus(value: Any, where: str) -> list[str]:
    """Fields that aiogram does not know, anywhere inside."""
    if isinstance(value, list | tuple):
        return [found for place, item in enumerate(value) for found in surplus(item, f"{where}[{place}]")]
    if not isinstance(value, BaseModel):
        return []
    found = [f"{where}.{name} is not in aiogram's {type(value).__name__}" for name in value.model_extra or {}]
    for name in type(value).model_fields:
        found += surplus(getattr(value, name), f"{where}.{name}")
    return found


def judge_with_telegram(data: Any, kind: str, where: str) -> list[str]:
    """What python-telegram-bot finds wrong."""
    try:
        return leftovers(parse(data, kind), where)
    except (KeyError, TypeError, ValueError) as error:
        return [f"{where}: {error!r}"]


def judge_with_aiogram(data: Any, kind: str, where: str) -> list[str]:
    """What aiogram finds wrong."""
    if kind in SCALARS:
        return []
    try:
        return surplus(adapter(kind).validate_python(data), where)
    except ValidationError as error:
        return [f"{where}.{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors()]


def mistakes(data: Any, kinds: list[str], where: str) -> list[str]:
    """Where the data is none of these types by the machine-readable Bot API; [] when it is one."""
    found = [mistakes_of_one(data, kind, where) for kind in kinds]
    return min(found, key=len)


def mistakes_of_one(data: Any, kind: str, where: str) -> list[str]:
    spec = load_spec()
    assert spec is not None
    if kind.startswith("Array of "):
        if not isinstance(data, list):
            return [f"{where} is no list"]
        return [one for place, item in enumerate(data) for one in mistakes(item, [kind[9:]], f"{where}[{place}]")]
    if kind in SCALARS:
        fits = isinstance(data, SCALARS[kind]) and (kind == "Boolean" or not isinstance(data, bool))
        return [] if fits else [f"{where} is no {kind}: {data!r}"]
    entry = spec["types"][kind]
    if entry.get("subtypes"):
        return mistakes(data, entry["subtypes"], where)
    if not isinstance(data, dict):
        return [f"{where} is no {kind}"]
    fields = {field["name"]: field for field in entry.get("fields", [])}
    wrong = [f"{where}.{name} is not in {kind}" for name in data if name not in (*fields, *NEWER)]
    wrong += [f"{where} lacks {name}" for name, field in fields.items() if field["required"] and name not in data]
    for name in data.keys() & fields.keys():
        wrong += mistakes(data[name], fields[name]["types"], f"{where}.{name}")
    return wrong


def kind_of(data: Any, kinds: list[str]) -> str:
    """Which of the types that a method may answer this is: many answer True, or else something more."""
    return "Boolean" if data is True and "Boolean" in kinds else next(kind for kind in kinds if kind != "Boolean")


def check(data: Any, kinds: list[str], where: str) -> list[str]:
    """All that is wrong with an answer or an update."""
    if kinds == ["Boolean"] and data is not True:
        return [f"{where} is no Boolean"]
    kind = kind_of(data, kinds)
    wrong = judge_with_telegram(data, kind, where) + judge_with_aiogram(data, kind, where)
    return wrong + (mistakes(data, [kind], where) if load_spec() else [])


def returns(method: str) -> list[str]:
    """The types that a method may answer."""
    kinds = load_table()["methods"][method]["returns"]
    return list(kinds)
