"""What every handler works with, and how it reaches it."""

from dataclasses import dataclass
from typing import Any, cast

from telegram.ext import Application, CallbackContext, ExtBot

from bot.parts import Parts
from bot.workflow import Workflows
from handlers.card import Cards

Context = CallbackContext[ExtBot[Any], dict[Any, Any], dict[Any, Any], dict[Any, Any]]
KEY = "desk"


@dataclass(frozen=True)
class Desk:
    """The parts that do the work, the workflows that lead it, the cards that show it, and what is told of files."""

    parts: Parts
    workflows: Workflows
    cards: Cards
    files_notice: str


def put_desk(application: Application[Any, Any, Any, Any, Any, Any], desk: Desk) -> None:
    """Let the handlers of an application find the desk."""
    application.bot_data[KEY] = desk


def desk_of(context: Context) -> Desk:
    """The desk of the application that a handler runs in."""
    return cast(Desk, context.bot_data[KEY])
