"""The methods by which a bot introduces itself: names, descriptions, commands, the menu button."""

import json
import re
from collections.abc import Awaitable, Callable
from typing import Any

from bot.sandbox.telegram.call import Call
from bot.sandbox.telegram.refusal import bad_request
from bot.sandbox.telegram.target import find_chat, open_chat
from bot.sandbox.telegram.world import World

Handler = Callable[[World, Call], Awaitable[Any]]
COMMAND = re.compile(r"[a-z0-9_]{1,32}")
LANGUAGE = re.compile(r"[a-z]{2}")
LENGTHS = {"name": 64, "description": 512, "short_description": 120}


def setter_of(field: str) -> Handler:
    """setMyName, setMyDescription, setMyShortDescription."""

    async def set_text(world: World, call: Call) -> Any:
        text = call.get(field, "")
        if len(text) > LENGTHS[field]:
            raise bad_request(f"bot {field.replace('_', ' ')} is too long")
        world.profile.texts[field, language_of(call)] = text
        return True

    return set_text


def getter_of(field: str) -> Handler:
    """getMyName, getMyDescription, getMyShortDescription."""

    async def get_text(world: World, call: Call) -> Any:
        texts = world.profile.texts
        default = world.bot.first_name if field == "name" else ""
        text = texts.get((field, call.get("language_code", ""))) or texts.get((field, "")) or default
        return {field: text}

    return get_text


def language_of(call: Call) -> str:
    """For whose language something is: two letters, or none for everybody's."""
    code = str(call.get("language_code", ""))
    if code and not LANGUAGE.fullmatch(code):
        raise bad_request("Invalid language code specified")
    return code


def scope_of(call: Call) -> tuple[str, str]:
    """For whom a list of commands is: scope and language."""
    scope = call.get("scope") or {"type": "default"}
    return json.dumps(scope, sort_keys=True), language_of(call)


async def set_commands(world: World, call: Call) -> Any:
    """SetMyCommands."""
    commands = call.get("commands")
    if len(commands) > 100:
        raise bad_request("BOT_COMMANDS_TOO_MUCH")
    for command in commands:
        if not COMMAND.fullmatch(command["command"].removeprefix("/")):
            raise bad_request("BOT_COMMAND_INVALID")
        if not 1 <= len(command["description"]) <= 256:
            raise bad_request("BOT_COMMAND_DESCRIPTION_INVALID")
    if (chat_id := (call.get("scope") or {}).get("chat_id")) is not None:
        open_chat(world, chat_id)
    world.profile.commands[scope_of(call)] = commands
    return True


async def get_commands(world: World, call: Call) -> Any:
    """GetMyCommands."""
    return world.profile.commands.get(scope_of(call), [])


async def delete_commands(world: World, call: Call) -> Any:
    """DeleteMyCommands."""
    world.profile.commands.pop(scope_of(call), None)
    return True


async def set_menu(world: World, call: Call) -> Any:
    """SetChatMenuButton."""
    chat_id = call.get("chat_id", 0)
    if chat_id:
        find_chat(world, chat_id)
    world.profile.menus[chat_id] = call.get("menu_button", {"type": "default"})
    return True


async def get_menu(world: World, call: Call) -> Any:
    """GetChatMenuButton."""
    menus = world.profile.menus
    return menus.get(call.get("chat_id", 0)) or menus.get(0) or {"type": "commands"}


METHODS: dict[str, Handler] = {
    "setMyName": setter_of("name"),
    "getMyName": getter_of("name"),
    "setMyDescription": setter_of("description"),
    "getMyDescription": getter_of("description"),
    "setMyShortDescription": setter_of("short_description"),
    "getMyShortDescription": getter_of("short_description"),
    "setMyCommands": set_commands,
    "getMyCommands": get_commands,
    "deleteMyCommands": delete_commands,
    "setChatMenuButton": set_menu,
    "getChatMenuButton": get_menu,
}
