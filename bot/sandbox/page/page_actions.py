"""What a person does on the page: speak, send, press, edit, delete, change the language, block."""

import asyncio
from pathlib import Path
from typing import Any

from aiohttp import web

from bot.sandbox.page.cast import Cast
from bot.sandbox.page.forms import Fields, Given, PageAction, answer_with
from bot.sandbox.page.recording import seconds_of, to_voice
from bot.sandbox.page.view import shared_chats
from bot.sandbox.telegram import Person, TelegramServer
from bot.sandbox.telegram.business import Dialogue
from bot.sandbox.telegram.client import Where
from bot.sandbox.telegram.group import Group
from bot.sandbox.telegram.message import Message
from bot.sandbox.telegram.press import press

LANGUAGES = ("en", "de", "es", "fr", "it", "pt", "ru", "uk", "tr", "ar", "hi", "id", "ja", "ko", "zh-hans")
MOST_KEYS = 1000


class PageActions:
    """The page's POST routes. Each answers 200 with JSON: `{"error": …}` says what a client would not do."""

    def __init__(self, telegram: TelegramServer, cast: Cast) -> None:
        self._telegram = telegram
        self._cast = cast
        self._done: dict[str, None] = {}

    def routes(self) -> list[web.RouteDef]:
        """One route for each action."""
        actions: dict[str, PageAction] = {
            "say": self._once(self._say),
            "send": self._once(self._send),
            "sample": self._once(self._sample),
            "press": self._press,
            "edit": self._edit,
            "delete": self._delete,
            "language": self._language,
            "block": self._block,
        }
        return [web.post(f"/api/{name}", answer_with(action)) for name, action in actions.items()]

    def _once(self, action: PageAction) -> PageAction:
        """Do nothing for a `key` that was done: a page that heard no answer sends the same again."""

        async def act(fields: Fields) -> dict[str, Any] | None:
            key = str(fields.get("key") or "")
            if not key:
                return await action(fields)
            if key in self._done:
                return None
            self._done[key] = None
            if len(self._done) > MOST_KEYS:
                del self._done[next(iter(self._done))]
            try:
                return await action(fields)
            except BaseException:
                self._done.pop(key, None)
                raise

        return act

    async def _say(self, fields: Fields) -> None:
        person = self._person(fields)
        person.sends(str(fields["text"]), **self._where(person, fields))

    async def _send(self, fields: Fields) -> None:
        person, files = self._person(fields), fields["files"]
        where, kind = self._where(person, fields), str(fields["kind"])
        if fields.get("caption"):
            where["caption"] = str(fields["caption"])
        if not files:
            raise ValueError("there is nothing to send")
        if kind == "photo" and len(files) > 1:
            person.sends_album([one.data for one in files[:10]], **where)
            return
        for one in files:
            await send(person, kind, one, where)

    async def _sample(self, fields: Fields) -> None:
        person = self._person(fields)
        sample = self._cast.samples[str(fields["name"])]
        given = Given(sample.name, "", sample.path.read_bytes())
        await send(person, sample.kind, given, self._where(person, fields))

    async def _press(self, fields: Fields) -> dict[str, Any]:
        person = self._person(fields)
        message = self._message(person, fields, fields["message"])
        pressed = press(self._telegram.world, person.user, message, str(fields["data"]))
        try:
            said = await pressed.answer()
        except AssertionError:
            return {"text": None, "late": True}
        return {"text": said.text, "alert": said.alert, "url": said.url}

    async def _edit(self, fields: Fields) -> None:
        person = self._person(fields)
        message = self._own(person, fields)
        if message.media is not None or message.service:
            raise ValueError("only words can be edited here")
        person.edits(message, str(fields["text"]).strip())

    async def _delete(self, fields: Fields) -> None:
        person = self._person(fields)
        person.deletes(self._own(person, fields))

    async def _language(self, fields: Fields) -> None:
        if fields["language"] not in LANGUAGES:
            raise ValueError("the page does not know this language")
        self._person(fields).speaks(fields["language"])

    async def _block(self, fields: Fields) -> None:
        person = self._person(fields)
        (person.blocks_bot if fields["blocked"] else person.unblocks_bot)()

    def _person(self, fields: Fields) -> Person:
        found = next((one for one in self._cast.people if one.user.id == int(fields["as"])), None)
        if found is None:
            raise ValueError("nobody here has this id")
        return found

    def _where(self, person: Person, fields: Fields) -> Where:
        where = Where()
        chat_id = int(fields["chat"])
        if chat_id != person.chat.id:
            places: list[Group | Dialogue] = [*self._cast.groups, *self._cast.dialogues]
            place = next((one for one in places if one.chat.id == chat_id), None)
            if place is None:
                raise ValueError("this is not your chat")
            where["chat"] = place
            topic = place.chat.topics.get(int(fields.get("thread") or 1))
            if topic is not None:
                where["topic"] = topic
        if fields.get("reply"):
            where["reply_to"] = self._message(person, fields, fields["reply"])
        return where

    def _message(self, person: Person, fields: Fields, number: Any) -> Message:
        number_of_chat = int(fields["chat"])
        chats = [*(person.chat for person in self._cast.people), *shared_chats(self._cast)]
        chat = next((one for one in chats if one.id == number_of_chat), None)
        message = chat.messages.get(int(number)) if chat is not None else None
        if chat is None or person.user.id not in chat.members or message is None:
            raise ValueError("this message is gone")
        return message

    def _own(self, person: Person, fields: Fields) -> Message:
        message = self._message(person, fields, fields["message"])
        if message.sender.id != person.user.id:
            raise ValueError("this is somebody else's message")
        return message


async def send(person: Person, kind: str, given: Given, where: Where) -> None:
    """Send one file as `kind`; raises ValueError for one that a client could not send so."""
    data, name = given.data, Path(given.name).name or "file"
    match kind:
        case "photo":
            person.sends_photo(data, **where)
        case "voice":
            voice = await asyncio.to_thread(to_voice, data)
            person.sends_voice(voice, max(1, round(seconds_of(voice))), **where)
        case "audio":
            person.sends_audio(data, name=name, mime=given.mime or "audio/mpeg", **where)
        case "video":
            person.sends_video(data, **where)
        case "video_note":
            person.sends_video_note(data, **where)
        case "sticker":
            person.sends_sticker(data, **where)
        case "document":
            person.sends_document(data, name, given.mime or "application/octet-stream", **where)
        case _:
            raise ValueError("a client cannot send that")
