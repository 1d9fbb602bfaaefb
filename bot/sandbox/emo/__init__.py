"""An EMO service on this machine: the same calls, refusals, limits and queue as the real one, over real HTTP."""

from bot.sandbox.emo.server import EmoServer
from bot.sandbox.emo.tasks import ServedTask
from bot.sandbox.emo.worker import Engine

__all__ = ["EmoServer", "Engine", "ServedTask"]
