"""A group, as the tests and the terminal drive it."""

from collections.abc import Sequence
from dataclasses import replace

from bot.sandbox.telegram.message import Chat, Member, Topic
from bot.sandbox.telegram.participant import Participant
from bot.sandbox.telegram.world import World

GENERAL = Topic(1, "General")


class Group:
    """A group or supergroup; made by `TelegramServer.group`."""

    def __init__(self, world: World, chat: Chat) -> None:
        self.world = world
        self.chat = chat

    @classmethod
    def found(
        cls, world: World, title: str, members: Sequence[Participant], topics: Sequence[str], kind: str
    ) -> "Group":
        """Make the group, put the bot into it, open the topics."""
        if kind not in ("group", "supergroup"):
            raise ValueError("a group is a group or a supergroup")
        if topics and kind == "group":
            raise ValueError("only a supergroup can have topics")
        group = cls(world, world.new_group(title, kind, [person.user for person in members]))
        group.takes_bot(members[0])
        if topics:
            group.chat.topics[GENERAL.id] = GENERAL
        for name in topics:
            if name != GENERAL.name:
                group.opens_topic(name, members[0])
        return group

    def topic(self, name: str) -> Topic:
        """The topic of this name; raises KeyError."""
        for topic in self.chat.topics.values():
            if topic.name == name:
                return topic
        raise KeyError(name)

    def opens_topic(self, name: str, by: Participant) -> Topic:
        """Make a topic; its id is that of the message that tells of it."""
        number = self.world.next_message_id(self.chat)
        topic = self.chat.topics[number] = Topic(number, name)
        content = {"forum_topic_created": topic.payload()}
        self.world.post(self.chat, by.user, content, number=number, thread_id=number)
        return topic

    def deletes_topic(self, name: str) -> None:
        """Delete a topic with all that was written in it."""
        topic = self.topic(name)
        del self.chat.topics[topic.id]
        for message in [each for each in self.chat.messages.values() if each.thread_id == topic.id]:
            self.world.remove(message)

    def closes_topic(self, name: str, by: Participant) -> None:
        """Close a topic: only admins write into it then."""
        topic = self.topic(name)
        self.chat.topics[topic.id] = replace(topic, closed=True)
        number = None if topic.id == GENERAL.id else topic.id
        self.world.post(self.chat, by.user, {"forum_topic_closed": {}}, thread_id=number)

    def takes_bot(self, by: Participant, *, administrator: bool = False) -> None:
        """Put the bot in, or make it an administrator."""
        fresh = not self.chat.members[self.world.bot.id].present
        status = "administrator" if administrator else "member"
        self.world.set_member(self.chat, by.user, Member(self.world.bot, status))
        if fresh:
            self.world.post(self.chat, by.user, {"new_chat_members": [self.world.bot.payload()]})

    def removes_bot(self, by: Participant) -> None:
        """Throw the bot out."""
        self.world.set_member(self.chat, by.user, Member(self.world.bot, "kicked"))
        self.world.post(self.chat, by.user, {"left_chat_member": self.world.bot.payload()})

    def takes(self, person: Participant, *, administrator: bool = False, anonymous: bool = False) -> None:
        """Add somebody, or change what they are."""
        status = "administrator" if administrator else "member"
        fresh = person.user.id not in self.chat.members
        self.world.set_member(self.chat, person.user, Member(person.user, status, anonymous))
        if fresh:
            self.world.post(self.chat, person.user, {"new_chat_members": [person.user.payload()]})

    def migrates(self, by: Participant, *, told: bool = True) -> "Group":
        """Become a supergroup: a new chat with a new id; the old one only tells where it went.

        Args:
            told: both chats get a message about it; without, the bot hears of it by its next call only.
        """
        members = [member.user for member in self.chat.members.values() if not member.user.is_bot]
        heir = self.world.new_group(self.chat.title, "supergroup", members)
        heir.members = dict(self.chat.members)
        if told:
            self.world.post(self.chat, by.user, {"migrate_to_chat_id": heir.id})
            self.world.post(heir, by.user, {"migrate_from_chat_id": self.chat.id})
        self.chat.migrated_to = heir.id
        return Group(self.world, heir)
