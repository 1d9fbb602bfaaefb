"""Sources: the messages that bring a file, and whose file it is."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from telegram import (
    ExternalReplyInfo,
    Message,
    MessageOrigin,
    MessageOriginChannel,
    MessageOriginChat,
    MessageOriginUser,
)
from telegram.constants import ChatType

from bot.media.facts import Kind
from bot.render.resources import Resources
from handlers.transport.attachments import Attachment, attachment_in
from handlers.transport.rights import sender_id
from storage.drafts import Draft
from storage.refusals import opted_out
from storage.sightings import first_owner


@dataclass(frozen=True)
class Source:
    """A message that brings a file.

    Args:
        message: the one in this chat. For a file of another chat: the message that replies to it.
        owner_id: who posted the file; None: a bot.
        is_here: whether it was posted in this chat.
    """

    message: Message
    file: Attachment
    owner_id: int | None
    is_here: bool = True

    @property
    def is_posted_here(self) -> bool:
        """Whether its owner posted it in this chat, and so can be asked here."""
        return self.is_here and self.owner_id == sender_id(self.message)

    def taken_as(self, kind: Kind) -> "Source":
        """Return the same source with its file taken as a picture or a sound, whatever it was sent as."""
        return replace(self, file=replace(self.file, kind=kind))


def source_of(message: Message) -> Source | None:
    """Return the file that a message itself brings."""
    file = attachment_in(message)
    return Source(message, file, _poster(message)) if file is not None else None


async def with_owners(resources: Resources, sources: Sequence[Source]) -> list[Source]:
    """Return the sources with those as their owners who posted them first in their chats.

    Of a forward, Telegram may tell the origin, which counts. Where it is hidden, or the file was sent on as one's own,
    the file itself tells: Telegram calls it the same. Of who opted out, nothing is noted.
    """
    found = []
    for source in sources:
        message, owner_id = source.message, source.owner_id
        is_told = not source.is_here or _origin(message.forward_origin) is not None
        if owner_id is not None and not is_told and message.chat.type != ChatType.PRIVATE:
            async with resources.database.connect() as connection:
                out = await opted_out(connection, resources.keyed, [owner_id])
            if not out:
                file, number = source.file.unique_id, message.message_id
                owner_id = await first_owner(resources.database, message.chat_id, file, owner_id, number)
        found.append(replace(source, owner_id=owner_id))
    return found


def replied_source(message: Message) -> Source | None:
    """Return the file that a message replies to, here or in another chat, unless the bot sent it."""
    if message.external_reply is not None:
        return _external_source(message, message.external_reply)
    other = message.reply_to_message
    return source_of(other) if other is not None and not is_ours(other) else None


def is_ours(message: Message) -> bool:
    """Return whether this bot sent a message."""
    return message.from_user is not None and message.from_user.id == message.get_bot().id


def is_to_us(message: Message) -> bool:
    """Return whether a message is for this bot: in groups, only replies to it are."""
    if message.chat.type == ChatType.PRIVATE:
        return True
    return message.reply_to_message is not None and is_ours(message.reply_to_message)


def sources_of(draft: Draft, message: Message) -> list[Source]:
    """Return the sources of a message: what it replies to, if that has what it lacks, and the message itself."""
    own, other = source_of(message), replied_source(message)
    if other is not None:
        known = other.is_here and other.message.message_id in (draft.portrait_message_id, draft.voice_message_id)
        lacking = own is None or own.file.kind is None or own.file.kind is not other.file.kind
        other = other if lacking and not known else None
    return [source for source in (other, own) if source is not None]


def _external_source(message: Message, reply: ExternalReplyInfo) -> Source | None:
    file = attachment_in(reply)
    owner_id = _origin(reply.origin) or sender_id(message)
    if file is None or owner_id == message.get_bot().id:
        return None
    return Source(message, file, owner_id, is_here=False)


def _poster(message: Message) -> int | None:
    """Return whose the file of a message is: of a forward, its origin's; None: a bot's."""
    origin = message.forward_origin
    if isinstance(origin, MessageOriginUser) and origin.sender_user.is_bot:
        return None
    if (told := _origin(origin)) is not None:
        return told
    by_bot = message.sender_chat is None and (message.from_user is None or message.from_user.is_bot)
    return None if by_bot else sender_id(message)


def _origin(origin: MessageOrigin | None) -> int | None:
    """Return who posted what was passed on; None where that is hidden, and it counts as the one's who passed it on."""
    match origin:
        case MessageOriginUser(sender_user=user):
            return user.id
        case MessageOriginChat(sender_chat=chat) | MessageOriginChannel(chat=chat):
            return chat.id
    return None
