"""The vendor's service on this machine: the calls, refusals, limits and queue of EMO and S2V, over real HTTP."""

from bot.sandbox.emo.dialect import Dialect
from bot.sandbox.emo.models import EMO, S2V
from bot.sandbox.emo.server import EmoServer
from bot.sandbox.emo.tasks import ServedTask
from bot.sandbox.emo.worker import Engine

__all__ = ["EMO", "S2V", "Dialect", "EmoServer", "Engine", "ServedTask"]
