"""People, chats and messages as the page shows them."""

import json
from typing import Any
from urllib.parse import quote

from bot.sandbox.page.cast import Cast
from bot.sandbox.telegram import TelegramServer
from bot.sandbox.telegram.files import StoredFile
from bot.sandbox.telegram.message import Chat, Message, User
from bot.sandbox.telegram.person import Person

SHOWN = 300
"""Messages of a chat that a page gets when it opens."""


def show_world(telegram: TelegramServer, cast: Cast) -> dict[str, Any]:
    """Everything that the chat side of the page needs at its start."""
    chats = [person.chat for person in cast.people] + shared_chats(cast)
    return {
        "bot": {"id": telegram.world.bot.id, "name": telegram.world.bot.first_name}
        | {"username": telegram.world.bot.username},
        "people": [show_person(telegram, person) for person in cast.people],
        "chats": [show_chat(chat) for chat in chats],
        "messages": [show_message(one) for chat in chats for one in telegram.chat_history(chat)[-SHOWN:]],
        "samples": [
            {name: getattr(sample, name) for name in ("name", "kind", "title", "words", "seconds")}
            for sample in cast.samples.values()
        ],
        "links": [{"title": link.title, "payload": link.payload} for link in cast.links],
        "waiting": show_waiting(telegram),
    }


def shared_chats(cast: Cast) -> list[Chat]:
    """The chats of several people: those of the business account, then the groups."""
    return [dialogue.chat for dialogue in cast.dialogues] + [group.chat for group in cast.groups]


def show_waiting(telegram: TelegramServer) -> list[str]:
    """The messages that the bot has not taken yet, as CHAT/NUMBER."""
    found, connections = [], telegram.world.connections
    for update in telegram.world.feed.waiting:
        message = update.get("message") or update.get("business_message")
        if message is not None:
            chat = message["chat"]["id"]
            if "business_message" in update:
                chat = connections[message["business_connection_id"]].dialogues[chat].id
            found.append(f"{chat}/{message['message_id']}")
    return found


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
        "photo": link(worn[-1][-1]) if (worn := telegram.world.profile_photos.get(person.user.id)) else None,
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
    kind = "business" if chat.connection else "private" if chat.kind == "private" else "group"
    return {
        "id": chat.id,
        "kind": kind,
        "owner": chat.connection.owner.id if chat.connection else None,
        "title": chat.title,
        "members": [member.user.id for member in chat.members.values() if member.present],
        "topics": [{"id": topic.id, "name": topic.name} for topic in chat.topics.values()],
    }


def show_message(message: Message) -> dict[str, Any]:
    """A message of a chat."""
    content, (sender, via) = message.content, speaker(message)
    shown: dict[str, Any] = {
        "chat": message.chat.id,
        "id": message.id,
        "thread": message.thread_id,
        "date": message.date,
        "edited": message.edited_at is not None,
        "sender": {"id": sender.id, "name": sender.first_name, "bot": sender.is_bot, "via": via},
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
        author, _ = speaker(replied)
        shown["reply"] = {"id": replied.id, "name": author.first_name, "sender": author.id}
        shown["reply"] |= {"text": replied.text[:120], "kind": replied.media}
    return shown


def speaker(message: Message) -> tuple[User, str | None]:
    """Who is seen to speak: for a business account its owner, by the bot that is named then."""
    connection = message.chat.connection
    if connection is not None and message.sender.is_bot:
        return connection.owner, message.sender.first_name
    return message.sender, None


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
