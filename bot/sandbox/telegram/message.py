"""Who and what there is: users, chats, topics, messages. Plain values, no HTTP."""

import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from bot.sandbox.telegram.files import StoredFile

RIGHTS = (
    "can_be_edited",
    "can_manage_chat",
    "can_delete_messages",
    "can_manage_video_chats",
    "can_restrict_members",
    "can_promote_members",
    "can_change_info",
    "can_invite_users",
    "can_post_stories",
    "can_edit_stories",
    "can_delete_stories",
    "can_pin_messages",
    "can_manage_topics",
    "can_send_welcome_messages",  # since 10.3; aiogram does not read an administrator without it
)


@dataclass(frozen=True)
class User:
    """A person or a bot."""

    id: int
    first_name: str
    is_bot: bool = False
    username: str | None = None
    language_code: str | None = None

    def payload(self) -> dict[str, Any]:
        """A User of the API."""
        body: dict[str, Any] = {"id": self.id, "is_bot": self.is_bot, "first_name": self.first_name}
        if self.username:
            body["username"] = self.username
        if self.language_code:
            body["language_code"] = self.language_code
        return body


@dataclass(frozen=True)
class Topic:
    """A forum topic; the General one has the id 1."""

    id: int
    name: str
    icon_color: int = 7322096
    icon: str | None = None
    closed: bool = False

    def payload(self) -> dict[str, Any]:
        """What a ForumTopicCreated of the API says of it."""
        body: dict[str, Any] = {"name": self.name, "icon_color": self.icon_color}
        return body | ({"icon_custom_emoji_id": self.icon} if self.icon else {})


@dataclass(frozen=True)
class Member:
    """Someone's place in a chat: `creator`, `administrator`, `member`, `left` or `kicked`."""

    user: User
    status: str = "member"
    anonymous: bool = False

    def payload(self) -> dict[str, Any]:
        """A ChatMember of the API."""
        body: dict[str, Any] = {"status": self.status, "user": self.user.payload()}
        if self.status in ("creator", "administrator"):
            body["is_anonymous"] = self.anonymous
        if self.status == "administrator":
            body |= dict.fromkeys(RIGHTS, True)
        if self.status == "kicked":
            body["until_date"] = 0
        return body

    @property
    def present(self) -> bool:
        """Whether they are in the chat."""
        return self.status not in ("left", "kicked")


@dataclass
class Chat:
    """A private chat of one person with the bot, or a group.

    Args:
        kind: `private`, `group`, `supergroup` or `channel`.
        members: everyone who is or was in it, the bot included, by user id.
        migrated_to: the supergroup that this group has become.
        pinned: the messages that are pinned, newest last.
        connection: the business account whose chat with `person` this is; its id is then not the person's.
        direct: it is a channel's direct messages: each person who writes has a topic, by the person's id.
        protected: nothing that is in it may be saved or forwarded.
    """

    id: int
    kind: str
    title: str
    person: User | None = None
    members: dict[int, Member] = field(default_factory=dict)
    topics: dict[int, Topic] = field(default_factory=dict)
    messages: dict[int, "Message"] = field(default_factory=dict)
    migrated_to: int | None = None
    started: bool = False
    pinned: list[int] = field(default_factory=list)
    connection: "Connection | None" = None
    direct: bool = False
    protected: bool = False

    @property
    def forum(self) -> bool:
        """Whether it has topics."""
        return bool(self.topics)

    def payload(self) -> dict[str, Any]:
        """A Chat of the API."""
        body: dict[str, Any] = {"id": self.person.id if self.person else self.id, "type": self.kind}
        if self.person is not None:
            body["first_name"] = self.person.first_name
            if self.person.username:
                body["username"] = self.person.username
        else:
            body["title"] = self.title
        if self.forum:
            body["is_forum"] = True
        if self.direct:
            body["is_direct_messages"] = True
        return body


@dataclass
class Connection:
    """A business account that lets the bot speak for it: a person's own account, with their chats."""

    id: str
    owner: User
    owner_chat_id: int
    can_reply: bool = True
    enabled: bool = True
    date: int = field(default_factory=lambda: int(time.time()))
    dialogues: dict[int, Chat] = field(default_factory=dict)

    def payload(self) -> dict[str, Any]:
        """A BusinessConnection of the API."""
        return {
            "id": self.id,
            "user": self.owner.payload(),
            "user_chat_id": self.owner_chat_id,
            "date": self.date,
            "rights": {"can_reply": True, "can_read_messages": True} if self.can_reply else {},
            "is_enabled": self.enabled,
        }


@dataclass(frozen=True)
class Message:
    """A message as it is at one moment; an edit makes a new value with the same id.

    Args:
        content: the API's fields of what it says (`text`, `entities`, `video` …), or those of a service message.
        files: the files in it; of a photo all sizes, smallest first.
        inline: its inline keyboard, an InlineKeyboardMarkup of the API.
        keyboard: the reply keyboard, its removal or a forced reply that came with it; the API does not show it.
    """

    chat: Chat
    id: int
    sender: User
    content: dict[str, Any]
    date: int = field(default_factory=lambda: int(time.time()))
    files: tuple[StoredFile, ...] = ()
    reply_to: "Message | None" = None
    thread_id: int | None = None
    inline: dict[str, Any] | None = None
    keyboard: dict[str, Any] | None = None
    edited_at: int | None = None
    sender_chat: Chat | None = None
    deleted: bool = False

    def payload(self, *, nested: bool = False) -> dict[str, Any]:
        """A Message of the API; one that is shown inside another does not show what it replies to."""
        body: dict[str, Any] = {
            "message_id": self.id,
            "from": self.sender.payload(),
            "chat": self.chat.payload(),
            "date": self.date,
        }
        if (connection := self.chat.connection) is not None:
            body["business_connection_id"] = connection.id
            if self.sender.is_bot:  # what the bot says there, its owner says to the world
                body |= {"from": connection.owner.payload(), "sender_business_bot": self.sender.payload()}
        if self.sender_chat is not None:
            body["sender_chat"] = self.sender_chat.payload()
        if self.thread_id is not None and self.chat.direct:
            person = self.chat.members[self.thread_id].user
            body["direct_messages_topic"] = {"topic_id": self.thread_id, "user": person.payload()}
        elif self.thread_id is not None:
            body |= {"message_thread_id": self.thread_id, "is_topic_message": True}
        replied = self.reply_to
        if replied is None and self.thread_id is not None and not self.service:
            # A message of a topic that replies to nothing shows the message that made the topic.
            replied = self.chat.messages.get(self.thread_id)
        if replied is not None and not nested:
            body["reply_to_message"] = replied.payload(nested=True)
        if self.chat.protected:
            body["has_protected_content"] = True
        if self.edited_at is not None:
            body["edit_date"] = self.edited_at
        body |= self.content
        if self.inline is not None:
            body["reply_markup"] = self.inline
        return body

    def external(self) -> dict[str, Any]:
        """An ExternalReplyInfo of the API: what a reply to it from another chat shows."""
        media = {name: value for name, value in self.content.items() if name in MEDIA}
        if self.sender_chat is not None:
            return {"origin": {"type": "chat", "date": self.date, "sender_chat": self.sender_chat.payload()}} | media
        return {"origin": {"type": "user", "date": self.date, "sender_user": self.sender.payload()}} | media

    @property
    def service(self) -> bool:
        """Whether it tells of an event in the chat instead of being written by someone."""
        return any(name in self.content for name in SERVICE)

    @property
    def text(self) -> str:
        """Its text or caption; "" without."""
        return str(self.content.get("text") or self.content.get("caption") or "")

    @property
    def media(self) -> str | None:
        """`photo`, `video`, `voice` …; None for one of text only."""
        return next((kind for kind in MEDIA if kind in self.content), None)

    @property
    def file(self) -> StoredFile:
        """Its file, of a photo the largest size; raises ValueError without one."""
        if not self.files:
            raise ValueError(f"there is no file in message {self.id}")
        return self.files[-1]

    @property
    def media_path(self) -> Path:
        """Where the bytes of its file are on this machine; raises ValueError without one."""
        return self.file.path

    @property
    def video(self) -> dict[str, Any]:
        """The Video of the API in it; raises KeyError without one."""
        return dict(self.content["video"])

    @property
    def buttons(self) -> list[str]:
        """The labels of its inline buttons, row by row."""
        return [button["text"] for row in (self.inline or {}).get("inline_keyboard", []) for button in row]

    def changed(self, **fields: Any) -> "Message":
        """A copy with other fields."""
        return replace(self, **fields)


MEDIA = ("photo", "animation", "video", "video_note", "voice", "audio", "document", "sticker", "location")
SERVICE = (
    "new_chat_members",
    "left_chat_member",
    "migrate_to_chat_id",
    "migrate_from_chat_id",
    "forum_topic_created",
    "forum_topic_edited",
    "forum_topic_closed",
    "forum_topic_reopened",
    "pinned_message",
    "group_chat_created",
    "supergroup_chat_created",
    "new_chat_title",
)
