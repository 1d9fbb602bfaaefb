"""What every handler works with, and how it reaches it."""

import asyncio
from dataclasses import dataclass, field
from typing import Any, Literal, cast

from telegram.ext import Application, CallbackContext, ExtBot

from bot.gates.access import Access
from bot.gates.limits import Limits
from bot.render.resources import Resources
from bot.render.workflow import Workflows
from handlers import texts
from handlers.card import Cards
from handlers.duet.sending import Duets
from handlers.formats import FormatMaker
from handlers.start.example import Example
from handlers.texts.language import sentences
from handlers.transport.seldom import Seldom
from storage.drafts import DraftKey
from storage.situation import Situation, read_situation

Context = CallbackContext[ExtBot[Any], dict[Any, Any], dict[Any, Any], dict[Any, Any]]
KEY = "services"


@dataclass(frozen=True, kw_only=True)
class Services:
    """Everything that the handlers work with.

    Args:
        files: how photos and voices come to the service, or that they stay on this machine.
        host: of the service.
        contact: whom people may ask.
        limits: how much one person and one chat may ask for.
        access: who may use the bot at all, and who runs it.
        broadcasting: set when there is a word to all to be sent.
        example: what newcomers are shown, if anything.
        told: remembers who was told lately that they ask for too much.
        keep_days: how long files are kept after their last use.
        keep_faces_days: the same of saved faces.
    """

    resources: Resources
    workflows: Workflows
    cards: Cards
    format_maker: FormatMaker
    duets: Duets
    files: Literal["stay", "links", "upload"] = "links"
    host: str = ""
    contact: str | None = None
    keep_days: int = 7
    keep_faces_days: int = 365
    limits: Limits = field(default_factory=Limits)
    access: Access = field(default_factory=Access)
    broadcasting: asyncio.Event = field(default_factory=asyncio.Event)
    example: Example | None = None
    told: Seldom = field(default_factory=Seldom)

    async def situation(self, key: DraftKey, origin: str = "") -> Situation:
        """Read what is known of a person in a chat and topic.

        Args:
            origin: of the render that their message begins.
        """
        return await read_situation(self.resources.database, self.resources.money.book, key, origin)

    def files_notice(self) -> str:
        """Return the words on where files go and for how long, whose face may be used, and whom to ask."""
        notice = {"stay": texts.FILES_STAY, "links": texts.FILES_GO_OUT, "upload": texts.FILES_UPLOADED}[self.files]
        words = notice(service=self._service(), n=self.keep_days)
        return sentences(words, texts.OWN_FACE(), self.whom_to_ask())

    def _service(self) -> str:
        ends = sorted(texts.SERVICES, key=len, reverse=True)
        vendor = next((texts.SERVICES[end] for end in ends if self.host.endswith(end)), None)
        return vendor() if vendor is not None else texts.GATEWAY(host=self.host)

    def whom_to_ask(self) -> str:
        """Return the words that name who answers questions; none where nobody does."""
        return texts.CONTACT(contact=self.contact) if self.contact else ""


def put_services(application: Application[Any, Any, Any, Any, Any, Any], services: Services) -> None:
    """Put the services where the handlers of an application find them."""
    application.bot_data[KEY] = services


def services_of(context: Context) -> Services:
    """Return the services of the application that a handler runs in."""
    return cast(Services, context.bot_data[KEY])
