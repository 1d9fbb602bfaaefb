"""What the steps of a render work with."""

import asyncio
from dataclasses import dataclass, field

from sqlalchemy.ext.asyncio import AsyncEngine

from bot.dashscope.client import EmoClient
from bot.locks import KeyedLocks
from bot.render.audience import Audience
from bot.render.pauses import Pauses
from bot.render.timing import Timing
from storage.links import Links
from storage.objects import Objects


@dataclass
class Parts:
    """All that the steps work with."""

    database: AsyncEngine
    objects: Objects
    links: Links
    emo: EmoClient
    audience: Audience
    ai_mark: bool = False
    timing: Timing = field(default_factory=Timing)
    pauses: Pauses = field(default_factory=Pauses)
    checking: KeyedLocks = field(default_factory=KeyedLocks)
    submitting: asyncio.Lock = field(default_factory=asyncio.Lock)
