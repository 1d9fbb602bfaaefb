"""A person with a Telegram client, to be driven: `alice.sends_photo(…)`, `await alice.sees_video()`."""

import random
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Unpack

from bot.sandbox.telegram.client import Bytes, Where, length, read, thread_of
from bot.sandbox.telegram.entities import find_entities
from bot.sandbox.telegram.files import StoredFile, measure
from bot.sandbox.telegram.media import media_content
from bot.sandbox.telegram.message import Member, Message
from bot.sandbox.telegram.press import Press, press
from bot.sandbox.telegram.text import MAX_CAPTION, MAX_TEXT
from bot.sandbox.telegram.viewer import Viewer
from bot.sandbox.telegram.world import ANONYMOUS, CHANNEL


class Person(Viewer):
    """Somebody; made by `TelegramServer.person`."""

    def starts(self, payload: str = "") -> Message:
        """Press Start, or follow a deep link with a payload."""
        return self.sends(f"/start {payload}".strip())

    def speaks(self, language_code: str) -> None:
        """Change the language of the client."""
        self.user = replace(self.user, language_code=language_code)
        self.chat.person = self.world.users[self.user.id] = self.user

    def sends(self, text: str, **where: Unpack[Where]) -> Message:
        """Write a message; raises ValueError for one that a client would not send."""
        text = text.strip()
        if not 1 <= len(text) <= MAX_TEXT:
            raise ValueError(f"a client sends 1 to {MAX_TEXT} characters in one message")
        entities = find_entities(text)
        return self._post({"text": text} | ({"entities": entities} if entities else {}), (), where)

    def sends_photo(self, photo: Bytes, **where: Unpack[Where]) -> Message:
        """Send a picture as a photo: it becomes JPEGs of several sizes; raises ValueError if it is no picture."""
        files = self.world.files.keep_photo(read(photo))
        return self._post(media_content("photo", files), files, where)

    def sends_album(self, photos: Sequence[Bytes], **where: Unpack[Where]) -> list[Message]:
        """Send two to ten photos as one album; the caption belongs to the first."""
        kept = [self.world.files.keep_photo(read(photo)) for photo in photos]
        group = {"media_group_id": str(random.randrange(10**16, 10**17))}  # noqa: S311 - a name, not a secret
        sent = []
        for files in kept:
            sent.append(self._post(media_content("photo", files) | group, files, where))
            where.pop("caption", None)
        return sent

    def sends_document(
        self,
        data: Bytes,
        name: str | None = None,
        mime: str = "application/octet-stream",
        **where: Unpack[Where],
    ) -> Message:
        """Send a file byte for byte."""
        name = name or (data.name if isinstance(data, Path) else "file")
        return self._sends("document", data, {"file_name": name, "mime_type": mime}, where)

    def sends_voice(self, data: Bytes, seconds: int | None = None, **where: Unpack[Where]) -> Message:
        """Send a voice message; `seconds` is what the client says, by default what the file says."""
        facts = {"duration": length(data, seconds), "mime_type": "audio/ogg"}
        return self._sends("voice", data, facts, where)

    def sends_audio(
        self,
        data: Bytes,
        seconds: int | None = None,
        name: str = "audio.mp3",
        mime: str = "audio/mpeg",
        **where: Unpack[Where],
    ) -> Message:
        """Send music or other sound as a file that plays."""
        facts = {"duration": length(data, seconds), "file_name": name, "mime_type": mime}
        return self._sends("audio", data, facts, where)

    def sends_video_note(
        self, data: Bytes, seconds: int | None = None, side: int = 384, **where: Unpack[Where]
    ) -> Message:
        """Send a round video."""
        return self._sends("video_note", data, {"duration": length(data, seconds), "length": side}, where)

    def sends_video(self, data: Bytes, seconds: int | None = None, **where: Unpack[Where]) -> Message:
        """Send a video."""
        known = measure(read(data))
        facts = {name: known.get(name, 320) for name in ("width", "height")}
        facts |= {"duration": length(data, seconds), "mime_type": "video/mp4"}
        return self._sends("video", data, facts, where)

    def sends_sticker(self, data: Bytes, emoji: str = "🙂", **where: Unpack[Where]) -> Message:
        """Send a static WebP sticker, or a WebM one."""
        facts = {"type": "regular", "width": 512, "height": 512, "is_animated": False, "emoji": emoji}
        return self._sends("sticker", data, facts | {"is_video": read(data)[:4] == b"\x1aE\xdf\xa3"}, where)

    def sends_location(self, latitude: float, longitude: float, **where: Unpack[Where]) -> Message:
        """Send a place."""
        return self._post({"location": {"latitude": latitude, "longitude": longitude}}, (), where)

    def forwards(self, message: Message, *, hidden: bool = False, **where: Unpack[Where]) -> Message:
        """Send on what somebody wrote, with their name as its origin, or only what they call themselves."""
        user = {"type": "user", "date": message.date, "sender_user": message.sender.payload()}
        name = {"type": "hidden_user", "date": message.date, "sender_user_name": message.sender.first_name}
        kept = {key: value for key, value in message.content.items() if key != "media_group_id"}
        return self._post({"forward_origin": name if hidden else user} | kept, message.files, where)

    def edits(self, message: Message, text: str, *, seconds: int = 1) -> Message:
        """Change one's own text or caption so many seconds after it was sent."""
        entities, kind = find_entities(text), "caption" if message.media else "text"
        content = {name: value for name, value in message.content.items() if kind not in name and name != "entities"}
        content |= {kind: text} | ({"entities" if kind == "text" else "caption_entities": entities} if entities else {})
        return self.world.change(message, content=content, edited_at=message.date + seconds)

    def edits_photo(self, message: Message, photo: Bytes, *, seconds: int = 1) -> Message:
        """Put another photo in the place of one's own."""
        files = self.world.files.keep_photo(read(photo))
        content = message.content | media_content("photo", files)
        return self.world.change(message, content=content, files=files, edited_at=message.date + seconds)

    def deletes(self, message: Message) -> None:
        """Delete a message for everyone; of a business account's chats the bot is told."""
        self.world.remove(message)
        if (connection := message.chat.connection) is not None:
            body = {
                "business_connection_id": connection.id,
                "chat": message.chat.payload(),
                "message_ids": [message.id],
            }
            self.world.feed.add("deleted_business_messages", body, message.chat.id)

    def presses(self, message: Message, label: str) -> Press:
        """Press the button whose label is, or else contains, `label`; `await` the result to wait for the bot's answer.

        The message is taken as the person saw it: an edit since then does not make the press impossible.
        """
        rows = (message.inline or {}).get("inline_keyboard", [])
        buttons = [button for row in rows for button in row]
        fitting = [button for button in buttons if button["text"] == label]
        fitting += [button for button in buttons if label in button["text"]]
        if not fitting or message.id not in message.chat.messages:
            raise AssertionError(f"there is no button {label!r} to press\n{self._transcript(message.chat)}")
        if "callback_data" not in fitting[0]:
            raise ValueError(f"button {label!r} does not call the bot")
        return press(self.world, self.user, message, fitting[0]["callback_data"])

    def wears(self, photo: Bytes) -> None:
        """Take a new profile photo."""
        photos = self.world.profile_photos.setdefault(self.user.id, [])
        photos.append(self.world.files.keep_photo(read(photo)))

    def blocks_bot(self) -> None:
        """Block the bot."""
        self.world.set_member(self.chat, self.user, Member(self.world.bot, "kicked"))

    def unblocks_bot(self) -> None:
        """Let the bot write again."""
        self.world.set_member(self.chat, self.user, Member(self.world.bot))

    def _sends(self, kind: str, data: Bytes, facts: dict[str, Any], where: Where) -> Message:
        stored = self.world.files.keep(read(data), kind, facts)
        return self._post(media_content(kind, (stored,)), (stored,), where)

    def _post(self, content: dict[str, Any], files: tuple[StoredFile, ...], where: Where) -> Message:
        group, replied = where.get("chat"), where.get("reply_to")
        chat = group.chat if group else (replied.chat if replied else self.chat)
        me = chat.members.get(self.user.id)
        if me is None or not me.present:
            raise ValueError(f"{self.user.first_name} is not in {chat.title}")
        if chat.migrated_to is not None:
            raise ValueError(f"{chat.title} has become a supergroup")
        if chat is self.chat:
            chat.started = True
        caption = where.get("caption", "").strip()
        if len(caption) > MAX_CAPTION:
            raise ValueError(f"a client sends captions of at most {MAX_CAPTION} characters")
        if caption:
            entities = find_entities(caption)
            content = content | {"caption": caption} | ({"caption_entities": entities} if entities else {})
        if (quoted := where.get("quotes")) is not None:
            content = content | {"external_reply": quoted.external()}
        if (words := where.get("quote")) is not None:
            content = content | {"quote": {"text": words, "position": 0}}
        sender, sender_chat = self.user, None
        if where.get("anonymous", me.anonymous):
            sender, sender_chat = ANONYMOUS, chat
        if (channel := where.get("as_channel")) is not None:
            sender, sender_chat = CHANNEL, channel
        thread_id = thread_of(chat, where, self.user)
        return self.world.post(
            chat, sender, content, files=files, reply_to=replied, thread_id=thread_id, sender_chat=sender_chat
        )
