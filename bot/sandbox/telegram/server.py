"""The Bot API over HTTP: `/bot<token>/METHOD` and `/file/bot<token>/PATH`, on top of a world."""

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import structlog
from aiohttp import web

from bot.sandbox.faults import Faults, cut
from bot.sandbox.guard import guard_port
from bot.sandbox.telegram import business, copying, editing, pinning, profile, reading, sending, stickers, topics
from bot.sandbox.telegram.business import Business, Dialogue, Handler
from bot.sandbox.telegram.call import Call, read_call
from bot.sandbox.telegram.events import Event
from bot.sandbox.telegram.group import Group
from bot.sandbox.telegram.limits import Limits
from bot.sandbox.telegram.message import Chat, Message, User
from bot.sandbox.telegram.person import Person
from bot.sandbox.telegram.refusal import Refusal
from bot.sandbox.telegram.table import check, method_names
from bot.sandbox.telegram.transcript import write_transcript
from bot.sandbox.telegram.webhook import Postman
from bot.sandbox.telegram.world import World

log = structlog.get_logger(__name__)

TOKEN = "123456:AAEmo5andb0xOnlyNeverARealOne-zzzzzz"  # noqa: S105 - of the sandbox only
MODULES = (business, copying, editing, pinning, profile, reading, sending, stickers, topics)
METHODS: dict[str, Handler] = {name: handler for module in MODULES for name, handler in module.METHODS.items()}
QUIET = ("getUpdates",)
SHOWN = web.RequestKey("shown", dict[str, Any])
"""The parameters of a call, as they may be shown."""


class TelegramServer:
    """A Telegram of its own for one bot.

    Args:
        token: what the bot must present.
        username: the bot's username.
        name: the bot's name.
        reads_all: privacy mode off: the bot sees everything in groups.
        folder: where the bytes of files go; a temporary folder, removed by `stop`, when not given.
        webhook_pause: seconds before a refused webhook delivery is tried again.
    """

    def __init__(
        self,
        *,
        token: str = TOKEN,
        username: str = "emo_sandbox_bot",
        name: str = "EMO",
        reads_all: bool = False,
        folder: Path | None = None,
        webhook_pause: float = 0.2,
    ) -> None:
        self.token = token
        self.faults = Faults()
        self.violations: list[str] = []
        self.url = ""
        self._temporary = None if folder else tempfile.mkdtemp(prefix="sandbox-telegram-")
        user = User(int(token.partition(":")[0]), name, is_bot=True, username=username)
        self.world = World(user, folder or Path(str(self._temporary)), reads_all=reads_all)
        self._runner: web.AppRunner | None = None
        self._postman = Postman(self.world.feed, self._reply, webhook_pause)
        self._delivery: asyncio.Task[None] | None = None

    def __repr__(self) -> str:
        return f"TelegramServer({self.url or 'not started'})"

    @property
    def limits(self) -> Limits:
        """Sizes, lifetimes and flood limits; may be changed at any time."""
        return self.world.limits

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> None:
        """Listen; `url` is then known."""
        app = web.Application(middlewares=[guard_port], client_max_size=1 << 30)
        app.router.add_route("*", "/bot{token:[^/]+}/{method:[^/]+}", self._method)
        app.router.add_get("/file/bot{token:[^/]+}/{path:.+}", self._file)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        site = web.TCPSite(self._runner, host, port)
        await site.start()
        self.url = f"http://{host}:{self._runner.addresses[0][1]}"
        self._delivery = asyncio.create_task(self._postman.run())

    async def stop(self) -> None:
        """Stop listening, end what waits, and remove the temporary files."""
        self.world.close()
        if self._delivery is not None:
            self._delivery.cancel()
            with suppress(asyncio.CancelledError):
                await self._delivery
        if self._runner is not None:
            await self._runner.cleanup()
        if self._temporary is not None:
            shutil.rmtree(self._temporary, ignore_errors=True)

    async def __aenter__(self) -> "TelegramServer":
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    def person(self, name: str, *, language_code: str | None = "en", username: str | None = None) -> Person:
        """Somebody with a private chat, who has not written yet."""
        return Person(self.world, self.world.new_user(name, language_code, username))

    def group(
        self, title: str, members: Sequence[Person], topics: Sequence[str] = (), kind: str = "supergroup"
    ) -> Group:
        """A group that its first member owns and has just put the bot into; `topics` make it a forum."""
        return Group.found(self.world, title, members, topics, kind)

    def direct_messages(self, title: str, owner: Person, writers: Sequence[Person]) -> Group:
        """The direct messages of a channel of which the bot is an administrator."""
        group = Group.found(self.world, title, [owner, *writers], (), "supergroup")
        group.takes_bot(owner, administrator=True)
        group.chat.direct = True
        return group

    def business(self, owner: Person) -> Business:
        """Somebody's own account, to whose chats the bot is connected from now on."""
        return Business(self.world, owner)

    def renames(self, username: str) -> None:
        """Give the bot another username, as its owner does at @BotFather; nobody tells the bot."""
        user = replace(self.world.bot, username=username)
        self.world.bot = user
        for chat in self.world.chats.values():
            if user.id in chat.members:
                chat.members[user.id] = replace(chat.members[user.id], user=user)

    def chat_history(self, chat: Person | Group | Dialogue | Chat) -> list[Message]:
        """The messages that are in a chat now, oldest first."""
        return sorted((chat if isinstance(chat, Chat) else chat.chat).messages.values(), key=lambda message: message.id)

    def transcript(self, chat: Person | Group | Dialogue | Chat) -> str:
        """The chat as text for a reader."""
        return write_transcript(self.world, chat if isinstance(chat, Chat) else chat.chat)

    def redeliver(self, update: dict[str, Any]) -> None:
        """Give the bot an update again that it has had."""
        self.world.feed.push_again(update)

    def updates(self) -> list[dict[str, Any]]:
        """Every update so far, oldest first."""
        return [event.data["update"] for event in self.world.log.since(0) if event.kind == "update"]

    def calls(self, method: str | None = None) -> list[dict[str, Any]]:
        """The parameters of each call of a method (None: of any) so far, oldest first; files by size."""
        calls = [event.data for event in self.world.log.since(0) if event.kind == "call"]
        return [data["params"] for data in calls if method in (None, data["method"])]

    def events(self, since: int = 0) -> AsyncIterator[Event]:
        """What happened after the event `since`, then what happens; never ends by itself."""
        return self.world.log.follow(since)

    async def _method(self, request: web.Request) -> web.StreamResponse:
        if request.match_info["token"] != self.token:
            return answer(Refusal(401, "Unauthorized"))
        asked = request.match_info["method"]
        method = method_names().get(asked.lower())
        if method is None or method not in METHODS:
            self.violations.append(f"{asked}: the sandbox has no such method")
            self.world.log.add("call", method=asked, params={})
            if method is None:
                return answer(Refusal(404, "Not Found"))
            return answer(Refusal(404, f"Not Found: method {method} is not in the sandbox"))

        async def work() -> web.StreamResponse:
            return await self._work(request, method)

        return await self.faults.answer(method, request, work)

    async def _work(self, request: web.Request, method: str) -> web.StreamResponse:
        call = Call(method)
        try:
            call = await read_call(request, method, self.world.files.folder, self.limits.upload_bytes)
            result = await self._run(call)
        except Refusal as refusal:
            return answer(refusal, self.world, method)
        except ConnectionError:  # the caller hung up before it had said everything
            return cut(request)
        except Exception as error:
            log.exception("the sandbox failed", method=method)
            self.violations.append(f"{method}: the sandbox failed: {error!r}")
            return answer(Refusal(500, "Internal Server Error"), self.world, method)
        finally:
            request[SHOWN] = call.shown()
            for upload in call.uploads.values():
                upload.path.unlink(missing_ok=True)
        if method not in QUIET:
            self.world.log.add("answer", method=method, ok=True, result=result)
        return web.json_response({"ok": True, "result": result})

    async def _run(self, call: Call) -> Any:
        given = call.params
        try:
            call.params, violations = check(call.method, given, set(call.uploads))
        finally:
            if call.method not in QUIET:
                chat_id = str(given.get("chat_id"))
                number = int(chat_id) if chat_id.removeprefix("-").isdigit() else None
                self.world.log.add("call", number, method=call.method, params=call.shown())
        self.violations += violations
        return await METHODS[call.method](self.world, call)

    async def _reply(self, body: dict[str, Any]) -> None:
        """A call that came as the answer to a webhook delivery; its result is not told."""
        method = method_names().get(str(body.pop("method")).lower())
        if method in METHODS:
            with suppress(Refusal):
                await self._run(Call(method, body))

    async def _file(self, request: web.Request) -> web.StreamResponse:
        if request.match_info["token"] != self.token:
            return answer(Refusal(401, "Unauthorized"))

        async def work() -> web.StreamResponse:
            stored = self.world.files.at(request.match_info["path"])
            if stored is None:
                return answer(Refusal(404, "Not Found"))
            self.world.log.add("file", path=stored.remote)
            return web.FileResponse(stored.path, headers={"Content-Type": "application/octet-stream"})

        return await self.faults.answer("file", request, work)


def answer(refusal: Refusal, world: World | None = None, method: str = "") -> web.Response:
    """The HTTP answer of a refusal, written down when a world is given."""
    if world is not None:
        world.log.add("answer", method=method, ok=False, code=refusal.code, description=refusal.description)
    headers = {"Retry-After": str(refusal.parameters["retry_after"])} if "retry_after" in refusal.parameters else {}
    return web.json_response(refusal.payload(), status=refusal.code, headers=headers)
