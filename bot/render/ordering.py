"""Order a video: write its render, which waits for a yes first where it would cost more than may be paid unasked."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from bot.engines.engine import Options
from bot.render.resources import Resources
from storage.clock import unix_now
from storage.queue import unanswered_renders
from storage.renders import Most, Render, Stage, create_renders, end_render, read_render

FEN = Decimal("0.01")


async def price_of(resources: Resources, order: Mapping[str, Any]) -> Decimal:
    """CNY that the video of an order should cost; nothing where it was made already.

    Args:
        order: columns of a render.
    """
    if order.get("video_sha") is not None:
        return Decimal(0)
    voice = await resources.objects.get(order["voice_sha"])
    seconds = Decimal(str(voice.seconds or 0)) if voice else Decimal(0)
    options = Options(order["ratio"], order["style"], order["resolution"])
    return resources.engine_called(order["engine"]).second_price(options) * seconds


async def order_video(
    resources: Resources,
    origin: str,
    order: Mapping[str, Any],
    *,
    price: Decimal | None = None,
    agreed: Decimal = Decimal(0),
    most: Most | None = None,
) -> Render:
    """Write a render, once for each origin; see `order_videos`.

    Args:
        agreed: CNY that the person has said yes to already, in whole fen: up to that they are not asked.
    """
    price = await price_of(resources, order) if price is None else price
    if 0 < price.quantize(FEN) <= agreed:
        order = {**order, "asked_price": str(price), "agreed_at": unix_now()}
        price = Decimal(0)
    return (await order_videos(resources, {origin: order}, price=price, most=most))[0]


async def order_videos(
    resources: Resources, orders: Mapping[str, Mapping[str, Any]], *, price: Decimal, most: Most | None = None
) -> list[Render]:
    """Write the renders of one person, all or none.

    Args:
        orders: their columns, by what asks for them.
        price: CNY that the person is asked about: of all together.
        most: that may wait.

    Raises:
        TooMany: more would wait.
    """
    asks = {"stage": Stage.ASKING, "asked_price": str(price)} if price > resources.ask_above else {}
    marks = {origin: resources.labels.mark_for(order["language"]) for origin, order in orders.items()}
    wanted = [(origin, {"mark": marks[origin], **order, **asks}) for origin, order in orders.items()]
    return [render for render, _ in await create_renders(resources.database, wanted, most)]


async def let_questions_go(resources: Resources, older_than: float) -> None:
    """End renders that have waited for a yes since before a Unix time, and say so."""
    for render in await unanswered_renders(resources.database, older_than):
        if await end_render(resources.database, render.id, Stage.CANCELLED, "not_agreed", only_from=(Stage.ASKING,)):
            await resources.audience.tell_end(await read_render(resources.database, render.id) or render)
