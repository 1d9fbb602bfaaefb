"""People, chats and messages as the page shows them."""

import json
from typing import Any
from urllib.parse import quote

from bot.sandbox.page.cast import Cast
from bot.sandbox.telegram import TelegramServer
from bot.sandbox.telegram.files import StoredFile
from bot.sandbox.telegram.message import Chat, Message
from bot.sandbox.telegram.person import Person

SHOWN = 300
"""Messages of a chat that a page gets when it opens."""


def show_world(telegram: TelegramServer, cast: Cast) -> dict[str, Any]:
    """Everything that the chat side of the page needs at its start."""
    chats = [person.chat for person in cast.people] + [group.chat for group in cast.groups]
    return {
        "bot": {"id": telegram.world.bot.id, "name": telegram.world.bot.first_name}
        | {"username": telegram.world.bot.username},
        "people": [show_person(telegram, person) for person in cast.people],
        "chats": [show_chat(chat) for chat in chats],
        "messages": [show_message(one) for chat in chats for one in telegram.chat_history(chat)[-SHOWN:]],
        "samples": [{"name": sample.name, "kind": sample.kind} for sample in cast.samples.values()],
    }


def show_person(telegram: TelegramServer, person: Person) -> dict[str, Any]:
    """Somebody who can be played, with what the bot tells them of itself."""
    language = person.user.language_code or ""
    texts = telegram.world.profile.texts
    return {
        "id": person.user.id,
        "name": person.user.first_name,
        "language": language,
        "chat": person.chat.id,
        "started": person.chat.started,
        "blocked": not person.chat.members[telegram.world.bot.id].present,
        "about": texts.get(("description", language)) or texts.get(("description", "")) or "",
        "commands": {
            "private": commands(telegram, person.chat, language),
            "group": commands(telegram, None, language),
        },
    }


def commands(telegram: TelegramServer, private: Chat | None, language: str) -> list[dict[str, str]]:
    """The bot's menu for somebody, from the narrowest scope that has one; `private` None is any group."""
    scopes: list[dict[str, Any]] = [{"type": "all_private_chats" if private else "all_group_chats"}]
    if private is not None:
        scopes.insert(0, {"type": "chat", "chat_id": private.id})
    scopes.append({"type": "default"})
    kept = telegram.world.profile.commands
    for scope in scopes:
        for code in (language, language.split("-")[0], ""):
            found = kept.get((json.dumps(scope, sort_keys=True), code))
            if found:
                return [{"command": one["command"], "description": one["description"]} for one in found]
    return []


def show_chat(chat: Chat) -> dict[str, Any]:
    """A chat of the list; a forum has its topics."""
    return {
        "id": chat.id,
        "kind": "private" if chat.kind == "private" else "group",
        "title": chat.title,
        "members": [member.user.id for member in chat.members.values() if member.present],
        "topics": [{"id": topic.id, "name": topic.name} for topic in chat.topics.values()],
    }


def show_message(message: Message) -> dict[str, Any]:
    """A message of a chat."""
    content, sender = message.content, message.sender
    shown: dict[str, Any] = {
        "chat": message.chat.id,
        "id": message.id,
        "thread": message.thread_id,
        "date": message.date,
        "edited": message.edited_at is not None,
        "sender": {"id": sender.id, "name": sender.first_name, "bot": sender.is_bot},
        "text": message.text,
        "entities": content.get("entities") or content.get("caption_entities") or [],
        "buttons": (message.inline or {}).get("inline_keyboard", []),
        "keyboard": message.keyboard,
        "service": told(message) if message.service else None,
        "album": content.get("media_group_id"),
        "media": show_media(message),
        "reply": None,
    }
    if message.reply_to is not None:
        replied = message.reply_to
        shown["reply"] = {"id": replied.id, "name": replied.sender.first_name, "text": replied.text[:120]}
        shown["reply"]["kind"] = replied.media
    return shown


def show_media(message: Message) -> dict[str, Any] | None:
    """What is in a message beside words."""
    kind = message.media
    if kind is None:
        return None
    if not message.files:
        return {"kind": kind, "place": message.content.get("location")}
    stored = message.file
    shown: dict[str, Any] = {"kind": kind, "url": link(stored), "size": stored.size}
    facts = ("width", "height", "duration", "file_name", "mime_type", "emoji", "is_video", "title", "performer")
    shown |= {name: stored.facts[name] for name in facts if name in stored.facts}
    if stored.thumbnail is not None:
        shown["thumbnail"] = link(stored.thumbnail)
    if kind == "voice":
        shown["waveform"] = f"/waveforms/{quote(stored.remote)}"
    return shown


def link(stored: StoredFile) -> str:
    """Where the page finds the bytes of a file."""
    return f"/files/{quote(stored.remote)}"


def told(message: Message) -> str:
    """What a service message says."""
    who, content = message.sender.first_name, message.content
    if "new_chat_members" in content:
        names = ", ".join(user["first_name"] for user in content["new_chat_members"])
        return f"{who} added {names}"
    if "left_chat_member" in content:
        return f"{who} removed {content['left_chat_member']['first_name']}"
    if "forum_topic_created" in content:
        return f"{who} opened the topic “{content['forum_topic_created']['name']}”"
    return next(iter(content)).replace("_", " ")
