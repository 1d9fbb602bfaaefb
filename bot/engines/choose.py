"""The engines that there are, by the names that `ENGINE` takes."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

from bot.engines.emo import emo
from bot.engines.engine import Engine
from bot.engines.overrides import Overrides
from bot.engines.s2v import s2v


def local(overrides: Overrides) -> Engine:
    """The puppet on this machine, which speaks as EMO does and costs nothing."""
    return emo(replace(overrides, video_price=Decimal(0), detect_price=Decimal(0)), name="local")


ENGINES: dict[str, Callable[[Overrides], Engine]] = {"emo": emo, "s2v": s2v, "local": local}


def choose(name: str, overrides: Overrides) -> tuple[Engine, dict[str, Engine]]:
    """The engine of that name as the operator wants it, and the others as they are, for what was ordered from them."""
    others = {other: make(Overrides()) for other, make in ENGINES.items() if other != name}
    return ENGINES[name](overrides), others
