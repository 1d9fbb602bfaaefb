"""Order a video: write its render, which waits for a yes first where it would cost more than may be paid unasked."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from bot.engines.engine import Options
from bot.render.parts import Parts
from storage.queue import unanswered_renders
from storage.renders import Render, Stage, create_render, end_render, read_render


async def price_of(parts: Parts, order: Mapping[str, Any]) -> Decimal:
    """CNY that the video of an order should cost; nothing where it was made already.

    Args:
        order: columns of a render.
    """
    if order.get("video_sha") is not None:
        return Decimal(0)
    voice = await parts.objects.get(order["voice_sha"])
    seconds = Decimal(str(voice.seconds or 0)) if voice else Decimal(0)
    options = Options(order["ratio"], order["style"], order["resolution"])
    return parts.engine_called(order["engine"]).second_price(options) * seconds


async def order_video(parts: Parts, origin: str, order: Mapping[str, Any], *, price: Decimal | None = None) -> Render:
    """Write a render, once for each origin.

    Args:
        origin: what asks for it.
        order: its columns.
        price: CNY that the person is asked about, where it is not that of this render alone, such as a duet's.
    """
    price = await price_of(parts, order) if price is None else price
    asks = {"stage": Stage.ASKING, "asked_price": str(price)} if price > parts.ask_above else {}
    return (await create_render(parts.database, origin, **order, **asks))[0]


async def let_questions_go(parts: Parts, older_than: float) -> None:
    """End renders that have waited for a yes since before a Unix time, and say so."""
    for render in await unanswered_renders(parts.database, older_than):
        if await end_render(parts.database, render.id, Stage.CANCELLED, "not_agreed", only_from=(Stage.ASKING,)):
            await parts.audience.tell_end(await read_render(parts.database, render.id) or render)
