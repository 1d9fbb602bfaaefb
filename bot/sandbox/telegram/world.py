"""All that one sandbox's Telegram holds, and what may happen in it; knows nothing of HTTP."""

import itertools
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bot.sandbox.telegram.entities import command_of
from bot.sandbox.telegram.events import Log
from bot.sandbox.telegram.feed import Feed
from bot.sandbox.telegram.files import FileStore, StoredFile
from bot.sandbox.telegram.limits import Limits
from bot.sandbox.telegram.message import Chat, Connection, Member, Message, User

ANONYMOUS = User(1087968824, "Group", is_bot=True, username="GroupAnonymousBot")
CHANNEL = User(136817688, "Channel", is_bot=True, username="Channel_Bot")
"""Who is said to send what a group's admins post without a name, and what members post as a channel of theirs."""


@dataclass
class Query:
    """A pressed button that waits for the bot's answer."""

    id: str
    pressed_at: float
    answer: dict[str, Any] | None = None


@dataclass
class Profile:
    """What the bot says of itself, by language code ("" for all)."""

    texts: dict[tuple[str, str], str] = field(default_factory=dict)
    commands: dict[tuple[str, str], list[dict[str, Any]]] = field(default_factory=dict)
    menus: dict[int, dict[str, Any]] = field(default_factory=dict)


class World:
    """People, chats, messages, files and what waits for the bot.

    Args:
        bot: the bot of this server.
        folder: where the bytes of files go.
        reads_all: whether the bot's privacy mode is off, so that it sees everything in groups.
    """

    def __init__(self, bot: User, folder: Path, *, reads_all: bool = False) -> None:
        self.bot = bot
        self.reads_all = reads_all
        self.log = Log()
        self.feed = Feed(self.log)
        self.files = FileStore(folder)
        self.limits = Limits()
        self.profile = Profile()
        self.users: dict[int, User] = {bot.id: bot}
        self.chats: dict[int, Chat] = {}
        self.queries: dict[str, Query] = {}
        self.connections: dict[str, Connection] = {}
        self.profile_photos: dict[int, list[tuple[StoredFile, ...]]] = {}
        self.sticker_sets: dict[str, dict[str, Any]] = {}
        self._numbers = itertools.count(1)
        self._group_numbers: dict[int, itertools.count[int]] = {}
        self._persons = itertools.count(7_000_000_001)
        self._groups = itertools.count(4_000_000_001)

    def new_user(self, name: str, language_code: str | None, username: str | None) -> Chat:
        """A person and their private chat with the bot, in which nothing has been said."""
        user = User(next(self._persons), name, username=username, language_code=language_code)
        self.users[user.id] = user
        members = {user.id: Member(user), self.bot.id: Member(self.bot)}
        chat = Chat(user.id, "private", name, person=user, members=members)
        self.chats[chat.id] = chat
        return chat

    def new_group(self, title: str, kind: str, users: Sequence[User]) -> Chat:
        """A group whose first user owns it; the bot is in it from the start."""
        number = next(self._groups)
        chat = Chat(-number if kind == "group" else -1_000_000_000_000 - number, kind, title, started=True)
        self.chats[chat.id] = chat
        for place, user in enumerate(users):
            chat.members[user.id] = Member(user, "member" if place else "creator")
        chat.members[self.bot.id] = Member(self.bot, "left")
        return chat

    def new_channel(self, title: str, owner: User) -> Chat:
        """A channel of somebody, in which the bot is not."""
        chat = Chat(-1_000_000_000_000 - next(self._groups), "channel", title, started=True)
        chat.members = {owner.id: Member(owner, "creator"), self.bot.id: Member(self.bot, "left")}
        self.chats[chat.id] = chat
        return chat

    def next_message_id(self, chat: Chat) -> int:
        """Supergroups count their own messages; all other chats of an account share one count."""
        if chat.kind not in ("supergroup", "channel"):
            return next(self._numbers)
        return next(self._group_numbers.setdefault(chat.id, itertools.count(1)))

    def post(
        self,
        chat: Chat,
        sender: User,
        content: dict[str, Any],
        *,
        files: tuple[StoredFile, ...] = (),
        reply_to: Message | None = None,
        thread_id: int | None = None,
        inline: dict[str, Any] | None = None,
        keyboard: dict[str, Any] | None = None,
        sender_chat: Chat | None = None,
        number: int | None = None,
    ) -> Message:
        """Put a message into a chat, and tell the bot of it if it is somebody else's and Telegram would."""
        message = Message(
            chat,
            number if number is not None else self.next_message_id(chat),
            sender,
            content,
            files=files,
            reply_to=reply_to,
            thread_id=thread_id,
            inline=inline,
            keyboard=keyboard,
            sender_chat=sender_chat,
        )
        chat.messages[message.id] = message
        self.log.add("new", chat.id, message)
        if sender.id != self.bot.id and self.shown_to_bot(message):
            self.feed.add("business_message" if chat.connection else "message", message.payload(), chat.id)
        return message

    def change(self, message: Message, *, told: bool = True, **fields: Any) -> Message:
        """Edit a message; an edit by somebody else than the bot is told to it."""
        changed = message.changed(**fields)
        message.chat.messages[message.id] = changed
        self.log.add("edited", message.chat.id, changed)
        if told and message.sender.id != self.bot.id and self.shown_to_bot(changed):
            kind = "edited_business_message" if message.chat.connection else "edited_message"
            self.feed.add(kind, changed.payload(), message.chat.id)
        return changed

    def remove(self, message: Message) -> None:
        """Delete a message for everyone; the bot is not told."""
        gone = message.chat.messages.pop(message.id)
        self.log.add("deleted", message.chat.id, gone.changed(deleted=True))

    def shown_to_bot(self, message: Message) -> bool:
        """Whether the bot gets this message, by its place in the chat and its privacy mode."""
        chat = message.chat
        me = chat.members.get(self.bot.id)
        if me is None or not me.present:
            return chat.kind != "private" and "left_chat_member" in message.content
        if chat.kind == "private" or self.reads_all or me.status == "administrator" or message.service:
            return True
        command = command_of(message.content)
        if command is not None:
            name = command.partition("@")[2]
            return not name or name.lower() == str(self.bot.username).lower()
        return message.reply_to is not None and message.reply_to.sender.id == self.bot.id

    def set_member(self, chat: Chat, by: User, changed: Member) -> None:
        """Change somebody's place in a chat; the bot hears of its own, and of others' where it may."""
        old = chat.members.get(changed.user.id, Member(changed.user, "left"))
        chat.members[changed.user.id] = changed
        mine = changed.user.id == self.bot.id
        body = {
            "chat": chat.payload(),
            "from": by.payload(),
            "date": int(time.time()),
            "old_chat_member": old.payload(),
            "new_chat_member": changed.payload(),
        }
        me = chat.members.get(self.bot.id)
        if mine or (me is not None and me.status == "administrator"):
            self.feed.add("my_chat_member" if mine else "chat_member", body, chat.id)

    def new_query(self) -> Query:
        """A query for a button just pressed."""
        query = Query(str(secrets.randbelow(9 * 10**17) + 10**17), time.monotonic())
        self.queries[query.id] = query
        return query

    def close(self) -> None:
        """Let nobody wait any longer."""
        self.feed.closing = True
        self.feed.wake()
